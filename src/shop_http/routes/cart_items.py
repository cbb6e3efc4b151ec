"""The lines of a guest's cart."""

from typing import Annotated

import msgspec
from litestar import delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import Answer
from shop_http.auth import CART_TOKEN
from shop_http.errors import Refusal
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.cart import KEY_HEADER, TOKEN, CartShown, Version, cart_answer
from shop_http.visit import Visit
from shopcore.cart.model import MAX_QUANTITY
from shopcore.kernel.errors import FieldError
from shopcore.kernel.ids import Sku, VariantId

# The core says which quantities there can be; the document only repeats it.
Quantity = Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": MAX_QUANTITY})]
QuantityOrNone = Annotated[int, Meta(extra_json_schema={"minimum": 0, "maximum": MAX_QUANTITY})]


class NewItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many more of one variant, named by its id or by its SKU."""

    quantity: Quantity
    variant_id: str | UnsetType = UNSET
    sku: str | UnsetType = UNSET
    version: Version = None


class ItemQuantity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many there are to be; 0 removes the line."""

    quantity: QuantityOrNone
    version: Version = None


class VersionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For writes without a body."""

    version: Version = None


_ONE_OF = {"oneOf": [{"required": ["variant_id"]}, {"required": ["sku"]}]}
_POSTED = (CART_TOKEN, REPLAYED)


@post(
    "/cart/items",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="cart",
            answers={200: CartShown},
            body=NewItem,
            also=_ONE_OF,
            example={"sku": "TEE-BLACK-M", "quantity": 2},
            headers=(TOKEN, KEY_HEADER),
            refuses=(401, 404, 409),
            answer_headers=_POSTED,
        )
    },
)
async def add_item(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Put something into the cart; without a cart, one is made and its token is answered."""

    async def act() -> Answer:
        item = await visit.json(NewItem)
        variant_id, sku = _named(item)
        add = visit.view.cart.add_item
        return cart_answer(await add(quantity=item.quantity, variant_id=variant_id, sku=sku, version=item.version))

    return await visit.once(act)


@put(
    "/cart/items/{variant_id:str}",
    opt={
        OPERATION: Operation(
            tag="cart",
            answers={200: CartShown},
            body=ItemQuantity,
            example={"quantity": 3},
            headers=(TOKEN,),
            refuses=(401, 404, 409),
        )
    },
)
async def set_quantity(visit: NamedDependency[Visit], variant_id: FromPath[str]) -> ASGIResponse:
    """Set how many of a variant the cart holds; 0 removes it."""
    wanted = await visit.json(ItemQuantity)
    cart = await visit.view.cart.set_quantity(
        variant_id=VariantId(variant_id), quantity=wanted.quantity, version=wanted.version
    )
    return cart_answer(cart).to_asgi()


@delete(
    "/cart/items/{variant_id:str}",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="cart", answers={200: CartShown}, query=VersionQuery, headers=(TOKEN,), refuses=(401, 404, 409)
        )
    },
)
async def remove_item(visit: NamedDependency[Visit], variant_id: FromPath[str]) -> ASGIResponse:
    """Take a variant out of the cart."""
    version = visit.query(VersionQuery).version
    return cart_answer(
        await visit.view.cart.set_quantity(variant_id=VariantId(variant_id), quantity=0, version=version)
    ).to_asgi()


def _named(item: NewItem) -> tuple[VariantId | None, Sku | None]:
    """By its id or by its SKU, not both. Raises `Refusal`."""
    match item.variant_id, item.sku:
        case UnsetType(), UnsetType():
            problem = FieldError(field="variant_id", code="required", message="is required, unless sku is given")
        case str(variant_id), UnsetType():
            return VariantId(variant_id), None
        case UnsetType(), str(sku):
            return None, Sku(sku)
        case _:
            problem = FieldError(field="sku", code="superfluous", message="must be left out where variant_id is given")
    raise Refusal.of(422, problem)

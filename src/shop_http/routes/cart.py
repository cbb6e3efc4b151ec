"""A guest's cart as a whole; its lines are written in `cart_items`."""

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import Answer, json_answer
from shop_http.auth import CART_TOKEN
from shop_http.idempotency import KEY, KEY_RULE, REPLAYED
from shop_http.openapi import OPERATION, Header, Operation
from shop_http.visit import Visit
from shopcore.kernel.address import Address
from shopcore.kernel.errors import FieldError
from shopcore.kernel.money import Money
from shopcore.pricing.model import Quote
from shopcore.shopping.model import Availability, CartChanges, PricedCart, PricedCartLine, ShippingOption

Version = Annotated[
    int | None, Meta(description="The version that the change is meant for; another one is refused with 409.")
]
Code = Annotated[str, Meta(min_length=1, max_length=64)]


class CartUpdate(CartChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be set; what is null or left out stays."""

    version: Version = None


class CouponCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A coupon."""

    code: Code


class CartLineShown(msgspec.Struct, frozen=True, kw_only=True):
    """A line; one without a price is not on sale any more, and not counted."""

    id: str
    variant_id: str
    sku: str
    title: str
    quantity: int
    unit_price: Money | None
    line_total: Money | None
    availability: Availability


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What it costs."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


class CartShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cart with what it costs now. `token` is there once, when it was just created; `missing` is what an order still
    needs.
    """

    id: str
    currency: str
    lines: tuple[CartLineShown, ...]
    coupon_codes: tuple[str, ...]
    shipping_method: str | None
    email: str | None
    locale: str | None
    remind: bool
    shipping_address: Address | None
    billing_address: Address | None
    totals: Totals
    missing: tuple[FieldError, ...]
    version: int
    token: str | UnsetType = UNSET


class ShippingMethodShown(msgspec.Struct, frozen=True, kw_only=True):
    """A way to send this cart."""

    code: str
    title: str
    price: Money


class ShippingMethods(msgspec.Struct, frozen=True, kw_only=True):
    """All the ways to send this cart."""

    items: tuple[ShippingMethodShown, ...]
    next_cursor: None = None


TOKEN = Header(name=CART_TOKEN, description="The secret that names the cart.")
KEY_HEADER = Header(name=KEY, description=f"Makes a repeated request do nothing twice. {KEY_RULE}")
REQUIRED_KEY = Header(name=KEY, description=KEY_HEADER.description, required=True)

ADDRESS_EXAMPLE = {"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "country": "GB"}


@get(
    "/cart",
    opt={
        OPERATION: Operation(
            tag="cart", answers={200: CartShown}, headers=(TOKEN,), refuses=(401, 404), answer_headers=("ETag",)
        )
    },
)
async def show_cart(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the cart with what it costs now."""
    return visit.shown(cart_answer(await visit.view.cart.show()))


@patch(
    "/cart",
    opt={
        OPERATION: Operation(
            tag="cart",
            answers={200: CartShown},
            body=CartUpdate,
            example={"email": "ada@example.com", "shipping_address": ADDRESS_EXAMPLE, "shipping_method": "standard"},
            headers=(TOKEN,),
            refuses=(401, 404, 409),
        )
    },
)
async def update_cart(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Say where the cart goes to, whose it is, and in which currency it is paid."""
    update = await visit.json(CartUpdate)
    return cart_answer(await visit.view.cart.update(changes=update, version=update.version)).to_asgi()


@get(
    "/cart/shipping-methods",
    opt={
        OPERATION: Operation(
            tag="cart", answers={200: ShippingMethods}, headers=(TOKEN,), refuses=(401, 404), answer_headers=("ETag",)
        )
    },
)
async def list_shipping_methods(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the ways to send this cart, and what each costs."""
    options = await visit.view.cart.shipping_methods()
    return visit.shown(json_answer(ShippingMethods(items=tuple(map(_option, options)))))


@post(
    "/cart/coupons",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="cart",
            answers={200: CartShown},
            body=CouponCode,
            example={"code": "WELCOME10"},
            headers=(TOKEN, KEY_HEADER),
            refuses=(401, 404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def apply_coupon(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Use a coupon."""

    async def act() -> Answer:
        wanted = await visit.json(CouponCode)
        return cart_answer(await visit.view.cart.apply_coupon(code=wanted.code))

    return await visit.once(act)


@delete(
    "/cart/coupons/{code:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="cart", answers={200: CartShown}, headers=(TOKEN,), refuses=(401, 404, 409))},
)
async def remove_coupon(visit: NamedDependency[Visit], code: FromPath[str]) -> ASGIResponse:
    """Leave a coupon away."""
    return cart_answer(await visit.view.cart.remove_coupon(code=code)).to_asgi()


def cart_answer(priced: PricedCart) -> Answer:
    """A cart as it is shown; a new one's token stands in a header too."""
    answer = json_answer(_cart(priced))
    return answer if priced.token is None else answer.with_headers({CART_TOKEN: priced.token})


def _cart(priced: PricedCart) -> CartShown:
    cart, contact = priced.cart, priced.cart.contact
    return CartShown(
        id=cart.id,
        currency=cart.currency,
        lines=tuple(map(_line, priced.lines)),
        coupon_codes=cart.coupon_codes,
        shipping_method=cart.shipping_method,
        email=contact.email,
        locale=contact.locale,
        remind=cart.remind,
        shipping_address=contact.shipping_address,
        billing_address=contact.billing_address,
        totals=_totals(priced.quote),
        missing=priced.missing,
        version=cart.version,
        token=UNSET if priced.token is None else priced.token,
    )


def _line(line: PricedCartLine) -> CartLineShown:
    return CartLineShown(
        id=line.line.variant_id,
        variant_id=line.line.variant_id,
        sku=line.sku,
        title=line.title,
        quantity=line.line.quantity,
        unit_price=line.unit_price,
        line_total=line.line_total,
        availability=line.availability,
    )


def _totals(quote: Quote) -> Totals:
    return Totals(
        subtotal=quote.subtotal, discount=quote.discount, shipping=quote.shipping, tax=quote.tax, total=quote.total
    )


def _option(option: ShippingOption) -> ShippingMethodShown:
    return ShippingMethodShown(code=option.method.code, title=option.method.title, price=option.price)

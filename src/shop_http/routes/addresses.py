"""A customer's address book."""

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import json_answer, no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.cart import ADDRESS_EXAMPLE
from shop_http.visit import Visit
from shopcore.identity.model import SavedAddress
from shopcore.identity.model.addresses import find
from shopcore.kernel.address import Address
from shopcore.kernel.ids import AddressId


class AddressShown(msgspec.Struct, frozen=True, kw_only=True):
    """An address of the book."""

    id: str
    name: str
    company: str | None
    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str | None
    country: str
    phone: str | None


class AddressBook(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, in the order in which they came."""

    items: tuple[AddressShown, ...]
    next_cursor: None = None


@get(
    "/me/addresses",
    opt={OPERATION: Operation(tag="accounts", answers={200: AddressBook}, signed_in=True, answer_headers=("ETag",))},
)
async def list_addresses(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show one's own address book."""
    account = await visit.view.profile.show()
    return visit.shown(json_answer(AddressBook(items=tuple(map(address_shown, account.addresses)))))


@post(
    "/me/addresses",
    status_code=201,
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={201: AddressShown},
            body=Address,
            example=ADDRESS_EXAMPLE,
            signed_in=True,
            refuses=(409,),
        )
    },
)
async def add_address(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Put an address into the book."""
    saved = await visit.view.profile.save_address(address=await visit.json(Address))
    return json_answer(address_shown(saved), status=201).to_asgi()


@get(
    "/me/addresses/{address_id:str}",
    opt={
        OPERATION: Operation(
            tag="accounts", answers={200: AddressShown}, signed_in=True, refuses=(404,), answer_headers=("ETag",)
        )
    },
)
async def show_address(visit: NamedDependency[Visit], address_id: FromPath[str]) -> ASGIResponse:
    """Show one address of the book."""
    account = await visit.view.profile.show()
    return visit.shown(json_answer(address_shown(find(account.addresses, AddressId(address_id)))))


@put(
    "/me/addresses/{address_id:str}",
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={200: AddressShown},
            body=Address,
            example=ADDRESS_EXAMPLE,
            signed_in=True,
            refuses=(404,),
        )
    },
)
async def replace_address(visit: NamedDependency[Visit], address_id: FromPath[str]) -> ASGIResponse:
    """Put another address in the place of one of the book."""
    wanted = await visit.json(Address)
    saved = await visit.view.profile.save_address(address=wanted, address_id=AddressId(address_id))
    return json_answer(address_shown(saved)).to_asgi()


@delete(
    "/me/addresses/{address_id:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(404,))},
)
async def remove_address(visit: NamedDependency[Visit], address_id: FromPath[str]) -> ASGIResponse:
    """Take an address out of the book."""
    await visit.view.profile.remove_address(address_id=AddressId(address_id))
    return no_content().to_asgi()


def address_shown(saved: SavedAddress) -> AddressShown:
    """An address as its customer sees it."""
    return AddressShown(id=saved.id, **msgspec.structs.asdict(saved.address))

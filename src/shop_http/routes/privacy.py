"""What is held on a customer, and how they are forgotten."""

from datetime import datetime

import msgspec
from litestar import delete, get
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse

from shop_http.answers import json_answer, no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.addresses import AddressShown, address_shown
from shop_http.routes.auth import UserShown, user_shown
from shop_http.routes.orders import OrderShown, order_shown
from shop_http.routes.passkeys import PasskeyShown, passkey_shown
from shop_http.routes.sessions import SessionShown, session_shown
from shop_http.visit import Visit
from shopcore.cart.model import Cart, CartLine
from shopcore.kernel.address import Contact
from shopcore.privacy.model import Holdings


class CartHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the cart, and whom it is for."""

    id: str
    created_at: datetime
    lines: tuple[CartLine, ...]
    coupon_codes: tuple[str, ...]
    contact: Contact


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is held on a customer. `networks` are those of the latest sign-ins, without the last digits."""

    user: UserShown
    addresses: tuple[AddressShown, ...]
    networks: tuple[str, ...]
    passkeys: tuple[PasskeyShown, ...]
    sessions: tuple[SessionShown, ...]
    orders: tuple[OrderShown, ...]
    cart: CartHeld | None


@get("/me/export", opt={OPERATION: Operation(tag="accounts", answers={200: Export}, signed_in=True)})
async def export_me(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show everything that is held on oneself."""
    return json_answer(_export(await visit.view.privacy.export())).to_asgi()


@delete(
    "/me",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(409,))},
)
async def erase_me(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Be forgotten: account, addresses and sessions are gone at once, and orders keep their figures only.

    Needs a sign-in of the last hour (401 `step_up_required`), and no order that is still under way.
    """
    await visit.view.privacy.erase()
    return no_content().to_asgi()


def _export(held: Holdings) -> Export:
    return Export(
        user=user_shown(held.account),
        addresses=tuple(map(address_shown, held.account.addresses)),
        networks=held.account.networks,
        passkeys=tuple(map(passkey_shown, held.account.passkeys)),
        sessions=tuple(session_shown(one, None) for one in held.sessions),
        orders=tuple(map(order_shown, held.orders)),
        cart=None if held.cart is None else _cart(held.cart),
    )


def _cart(cart: Cart) -> CartHeld:
    return CartHeld(
        id=cart.id,
        created_at=cart.created_at,
        lines=cart.lines,
        coupon_codes=cart.coupon_codes,
        contact=cart.contact,
    )

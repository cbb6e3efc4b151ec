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
from shopcore.kernel.money import Money
from shopcore.payments.model import Attempt, Payment
from shopcore.privacy.model import Holdings


class CartHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the cart, and whom it is for."""

    id: str
    created_at: datetime
    lines: tuple[CartLine, ...]
    coupon_codes: tuple[str, ...]
    contact: Contact


class PaymentHeld(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, and what it is called at its gateway. `earlier` are tries before, `charges` those that took money."""

    id: str
    order_id: str
    gateway: str
    method: str | None
    reference: str | None
    amount: Money
    state: str
    created_at: datetime
    return_url: str | None
    earlier: tuple[Attempt, ...]
    charges: tuple[Attempt, ...]


class AppHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What one lets an app do."""

    client_id: str
    scopes: tuple[str, ...]
    given_at: datetime


class WalletHeld(msgspec.Struct, frozen=True, kw_only=True):
    """Where a gateway keeps payment methods; `GET /me/payment-methods` asks it for them."""

    gateway: str
    reference: str
    opened_at: datetime


class WatchHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What one waits for, and since when."""

    variant_id: str
    since: datetime


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is held on a customer. `networks` are keyed digests of where the
    latest sign-ins came from: no address is kept.

    `email_change` is another address that its mailbox has not agreed to yet.
    """

    user: UserShown
    email_change: str | None
    addresses: tuple[AddressShown, ...]
    networks: tuple[str, ...]
    passkeys: tuple[PasskeyShown, ...]
    sessions: tuple[SessionShown, ...]
    orders: tuple[OrderShown, ...]
    payments: tuple[PaymentHeld, ...]
    cart: CartHeld | None
    apps: tuple[AppHeld, ...]
    wallets: tuple[WalletHeld, ...]
    watches: tuple[WatchHeld, ...]


@get("/me/export", opt={OPERATION: Operation(tag="accounts", answers={200: Export}, signed_in=True)})
async def export_me(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show everything that is held on oneself. Needs a sign-in of the last hour (401 `step_up_required`)."""
    return json_answer(_export(await visit.view.privacy.export())).to_asgi()


@delete(
    "/me",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(409,))},
)
async def erase_me(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Be forgotten: account, addresses and sessions are gone at once, and orders keep their figures only.

    Needs a sign-in of the last hour (401 `step_up_required`), and no order that is still under way; of staff, by the
    second factor where the shop asks them for one.
    """
    await visit.view.privacy.erase()
    return no_content().to_asgi()


def _export(held: Holdings) -> Export:
    change = held.account.email_change
    return Export(
        user=user_shown(held.account),
        email_change=None if change is None else change.email,
        addresses=tuple(map(address_shown, held.account.addresses)),
        networks=held.account.networks,
        passkeys=tuple(map(passkey_shown, held.account.passkeys)),
        sessions=tuple(session_shown(one, None) for one in held.sessions),
        orders=tuple(map(order_shown, held.orders)),
        payments=tuple(map(_payment, held.payments)),
        cart=None if held.cart is None else _cart(held.cart),
        apps=tuple(AppHeld(client_id=one.client_id, scopes=one.scopes, given_at=one.given_at) for one in held.consents),
        wallets=tuple(
            WalletHeld(gateway=one.gateway, reference=one.reference, opened_at=one.opened_at) for one in held.wallets
        ),
        watches=tuple(WatchHeld(variant_id=one.variant_id, since=one.since) for one in held.watches),
    )


def _cart(cart: Cart) -> CartHeld:
    return CartHeld(
        id=cart.id,
        created_at=cart.created_at,
        lines=cart.lines,
        coupon_codes=cart.coupon_codes,
        contact=cart.contact,
    )


def _payment(payment: Payment) -> PaymentHeld:
    return PaymentHeld(
        id=payment.id,
        order_id=payment.order_id,
        gateway=payment.gateway,
        method=payment.method,
        reference=payment.reference,
        amount=payment.amount,
        state=payment.state.value,
        created_at=payment.created_at,
        return_url=payment.return_url,
        earlier=payment.earlier,
        charges=payment.charges,
    )

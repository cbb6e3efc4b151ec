"""A store under certain keys, with one thing in each place that keys are used for."""

from typing import Protocol

import msgspec

from shopcore.cart.ports import Carts
from shopcore.idempotency.ports import Claims
from shopcore.identity.ports import Accounts, Sessions
from shopcore.kernel.ids import CartId, CustomerId, OrderId, PaymentId, SessionId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.ports import TroubledAddresses
from shopcore.ordering.ports import OrderFilter, OrderList, Orders
from shopcore.payments.ports import Payments
from shopcore.pricing.model import Coupon, CouponKind
from shopcore.pricing.ports import Coupons
from shopcore.privacy.model import Place
from shopcore.privacy.model.keys import added
from shopcore.privacy.ports import Vault
from shopcore.testing.contracts.claims import a_claim
from shopcore.testing.contracts.identity_samples import a_session, an_account
from shopcore.testing.contracts.sales_samples import a_cart, a_payment, a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON
from shopcore.testing.contracts.webhook_endpoints import endpoint
from shopcore.webhooks.ports import Endpoints

MIA = "mia.krause@post.example"
ONCE = Coupon(code="ONCE", kind=CouponKind.FREE_SHIPPING, per_customer_limit=1)


class Store(Protocol):
    """A store, as a process with certain keys has it."""

    @property
    def vault(self) -> Vault: ...
    @property
    def unit_of_work(self) -> UnitOfWork: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def carts(self) -> Carts: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def order_list(self) -> OrderList: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def coupons(self) -> Coupons: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def troubled_addresses(self) -> TroubledAddresses: ...


async def fill(store: Store) -> None:
    """One thing in each place, called by what it is."""
    await store.accounts.add(an_account("ann"))
    await store.sessions.add(a_session("session"))
    await store.carts.add(a_cart("cart"), a_token_hash("cart"))
    await store.orders.add(an_order("order"), a_token_hash("order"))
    payment = msgspec.structs.replace(a_payment("payment", of="order"), client_secret="of the client")  # noqa: S106 - a sample
    await store.payments.add(payment)
    claim = a_claim("claim")
    await store.claims.claim(claim, lambda held: held)
    await store.claims.finish(claim.key, claim.owner, b"what was answered")
    await store.endpoints.add(endpoint(1))
    await store.coupons.put(ONCE)

    async def work() -> None:
        await store.coupons.redeem(ONCE, OrderId("order"), MIA, NOON)

    await store.unit_of_work(work)


async def told(store: Store) -> list[object]:
    """All of that, as the ports tell it."""
    claim = await store.claims.find(a_claim("claim").key)
    return [
        await store.accounts.find_by_email("ann@post.example"),
        await store.accounts.get(CustomerId("ann")),
        await store.sessions.get(SessionId("session")),
        await store.carts.get(CartId("cart")),
        await store.orders.get(OrderId("order")),
        [order.id for order in (await store.order_list.page(OrderFilter(email=MIA), None, 10)).items],
        await store.payments.get(PaymentId("payment")),
        claim,
        await store.endpoints.get("endpoint-1"),
    ]


async def redeemed(store: Store, name: str) -> None:
    """An order of Mia's with the coupon; the order is there whether she may use it or not."""

    async def work() -> None:
        await store.coupons.redeem(ONCE, OrderId(name), MIA, NOON)

    if await store.orders.find_by_cart(CartId(f"cart of {name}")) is None:
        await store.orders.add(an_order(name), a_token_hash(name))
    await store.unit_of_work(work)


async def renewed(store: Store) -> None:
    """A walk over everything."""
    for place in Place:
        after = ""
        while keys := await store.vault.renew(place, after, 3):
            after = keys[-1]


async def tallied(store: Store) -> tuple[dict[str, int], dict[str, int]]:
    """What needs which key of either kind."""
    sealing: dict[str, int] = {}
    index: dict[str, int] = {}
    for place in Place:
        after = ""
        while (some := await store.vault.tally(place, after, 2)).last is not None:
            after = some.last
            sealing, index = added(sealing, some.sealing), added(index, some.index)
    return sealing, index

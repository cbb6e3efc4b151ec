"""From a quoted cart to an order."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from shopcore.cart.errors import CartEmpty
from shopcore.cart.model import Cart
from shopcore.cart.ports import Carts
from shopcore.checkout.model import PaymentChoice, consumed, intent, place, waits_until
from shopcore.idempotency.model import Claim
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.ports import Accounts
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.sealing import Signer, token_hash
from shopcore.ordering.errors import CartOrdered, NumberTaken
from shopcore.ordering.events import OrderPaid, OrderPlaced
from shopcore.ordering.model import Order, book, pay
from shopcore.ordering.model.telling import told
from shopcore.ordering.ports import Orders
from shopcore.payments.model import JournalEntry, Payment, WalletName, sale
from shopcore.payments.ports import Ledger, Payments
from shopcore.pricing.model import Coupon, CouponHolder, Quote
from shopcore.pricing.ports import Coupons

Choose: TypeAlias = Callable[[Order], Sequence[str]]

_NUMBER_CANDIDATES = 20  # two orders share one of 2^40 numbers once in a million orders; twenty times in a row never


class Paying(NamedTuple):
    """How an order is to be paid: what the buyer has chosen, the gateways to turn to for it, and the buyer's wallet."""

    choice: PaymentChoice
    gateways: Choose
    wallet: WalletName | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceOrder:
    """Turns a quoted cart into an order with its payment intent, inside one unit of work."""

    carts: Carts
    orders: Orders
    payments: Payments
    ledger: Ledger
    coupons: Coupons
    accounts: Accounts
    events: Events
    signer: Signer
    patience: Mapping[str, timedelta]
    """How long orders wait for the money of gateways, where that is longer than usual."""

    async def __call__(
        self, cart: Cart, quote: Quote, claim: Claim, paying: Paying, at: datetime, by: str
    ) -> Payment | None:
        """Consume the cart at the version that was quoted.

        Answers what is to be paid, None for an order that is free.
        Raises `CartEmpty`, `CartChanged` or `CouponUsedUp`, and what `paying.gateways` raises.
        """
        order = await self._add(cart, quote, OrderId(claim.ids["order"]), at, by)
        await self.carts.replace(consumed(cart))
        await self._redeem(cart, quote.basis.coupons, order.id, at)
        await self.events.publish(OrderPlaced(at=at, order_id=order.id))
        if order.totals.total.amount == 0:
            nothing = order.totals.total
            await self.orders.update(order.id, lambda held: book(pay(held, at, by), taken=nothing, gone=nothing))
            await self.ledger.post(_given_away(order, at))
            await self.events.publish(told(OrderPaid, order, at))
            return None
        gateways = paying.gateways(order)
        if waits_until(order, gateways, self.patience, at) != order:
            await self.orders.update(order.id, lambda held: waits_until(held, gateways, self.patience, at))
        payment = intent(order, PaymentId(claim.ids["payment"]), gateways, paying.choice, at, paying.wallet)
        await self.payments.add(payment)
        return payment

    def token(self, order_id: OrderId) -> str:
        """The guest's secret, made from the order's id so that it can be shown again while only its hash is kept."""
        return self._tokens(order_id)[0]

    async def token_again(self, order_id: OrderId) -> str | None:
        """That of an order that is there, also where it was placed under a key that is not the first one here.

        None where the key is gone: then nobody can make the token any more.
        """
        for token in self._tokens(order_id):
            if await self.orders.owned_by_token(order_id, token_hash(token)):
                return token
        return None

    def _tokens(self, order_id: OrderId) -> list[str]:
        made = self.signer.signatures(order_id.encode(), "order-token")
        return [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in made]

    async def _redeem(self, cart: Cart, coupons: Sequence[Coupon], order_id: OrderId, at: datetime) -> None:
        if not coupons:
            return
        holder = await self._holder(cart)
        for coupon in coupons:
            await self.coupons.redeem(coupon, order_id, cart.contact.email or "", at, holder)

    async def _holder(self, cart: Cart) -> CouponHolder | None:
        if cart.customer_id is None:
            return None
        try:
            account = await self.accounts.get(cart.customer_id)
        except AccountNotFound:  # erased since the request began
            return CouponHolder(customer_id=cart.customer_id, email=cart.contact.email or "")
        return CouponHolder(customer_id=account.id, email=account.email)

    async def _add(self, cart: Cart, quote: Quote, order_id: OrderId, at: datetime, by: str) -> Order:
        hashed = token_hash(self.token(order_id))
        for candidate in range(_NUMBER_CANDIDATES):
            order = place(cart, quote, order_id, candidate, at, by)
            try:
                await self.orders.add(order, hashed)
            except NumberTaken:
                continue
            except CartOrdered:
                raise CartEmpty from None
            return order
        raise NumberTaken


def _given_away(order: Order, at: datetime) -> JournalEntry:
    totals = order.totals
    amounts = {"discount": totals.discount, "shipping": totals.shipping, "tax": totals.tax}
    return sale(order.id, None, at, total=totals.total, **amounts)

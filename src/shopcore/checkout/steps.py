"""The steps of a checkout. Each can be run again from its recovery point, by the same request or by another."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from shopcore.cart.errors import CartEmpty
from shopcore.cart.model import Cart, require_version
from shopcore.cart.ports import Carts
from shopcore.checkout.model import CheckedOut, PaymentChoice, Refused, Reply, check_return_url, consumed, intent, place
from shopcore.checkout.ports import Settlement
from shopcore.idempotency.errors import KeyReused, RequestInProgress
from shopcore.idempotency.model import LEASE, Claim, take_over
from shopcore.idempotency.ports import Claims
from shopcore.kernel.clock import Clock
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import Conflict, Forbidden, NotFound, Rejected, ShopError
from shopcore.kernel.events import Events
from shopcore.kernel.ids import Ids, OrderId, PaymentId
from shopcore.kernel.sealing import Signer, token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import CartOrdered, NumberTaken
from shopcore.ordering.events import OrderPaid, OrderPlaced
from shopcore.ordering.model import Order, pay
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import GatewayUnavailable, UnknownGateway
from shopcore.payments.model import Payment, PaymentState, Report
from shopcore.payments.ports import PaymentGateway, Payments
from shopcore.pricing.model import Quote
from shopcore.pricing.ports import Coupons

_RENEW_SECONDS = 2.0  # well within the lease of five, so that one late renewal does not lose it
_NUMBER_CANDIDATES = 20  # two orders share one of 2^40 numbers once in a million orders; twenty times in a row never

_OUTCOME: msgspec.json.Decoder[CheckedOut | Refused] = msgspec.json.Decoder(CheckedOut | Refused)
_ENCODER = msgspec.json.Encoder()
_STORABLE = (Conflict, Rejected, NotFound, Forbidden)
"""Refusals that are the answer to the request; the others speak of the moment and are not kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyedRequests:
    """One request under one idempotency key: claimed, resumed after a crash, answered once."""

    claims: Claims
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    def wanted(self, scope: str, fingerprint: str, ids: Mapping[str, str]) -> Claim:
        """The claim that this request would like to make."""
        now = self.clock.now()
        return Claim(
            key=scope,
            fingerprint=fingerprint,
            claimed_at=now,
            leased_until=now + LEASE,
            owner=self.ids.new(),
            correlation_id=correlation_id.get(),
            ids=dict(ids),
        )

    async def known(self, wanted: Claim) -> Claim | None:
        """What is there under the key: finished, or taken over from a request that died; None when it is new.

        Raises `KeyReused` and `RequestInProgress`.
        """
        if await self.claims.find(wanted.key) is None:
            return None
        return await self.unit_of_work(lambda: self.claim(wanted))

    async def claim(self, wanted: Claim) -> Claim:
        """Claim the key, inside a unit of work. Raises as `known`."""
        return await self.claims.claim(wanted, lambda there: self._mine_or_taken_over(there, wanted))

    def _mine_or_taken_over(self, there: Claim, wanted: Claim) -> Claim:
        return there if there.owner == wanted.owner else take_over(there, wanted, self.clock.now())

    async def claim_anew(self, wanted: Claim) -> None:
        """Claim a key that was free a moment ago. Raises `RequestInProgress` if another request was faster."""
        if (await self.claim(wanted)).owner != wanted.owner:
            raise RequestInProgress(retry_after=1.0)

    async def renew(self, claim: Claim) -> None:
        """Say that the request is still running."""
        until = self.clock.now() + LEASE

        async def work() -> None:
            await self.claims.advance(
                claim.key, claim.owner, lambda held: msgspec.structs.replace(held, leased_until=until)
            )

        await self.unit_of_work(work)

    async def reach(self, claim: Claim, point: str) -> None:
        """Write down how far it got, inside the unit of work that got it there."""
        await self.claims.advance(claim.key, claim.owner, lambda held: msgspec.structs.replace(held, point=point))

    async def finish(self, claim: Claim, outcome: CheckedOut | Refused) -> Reply:
        """Keep the answer, inside a unit of work."""
        encoded = _ENCODER.encode(outcome)
        await self.claims.advance(claim.key, claim.owner, lambda held: msgspec.structs.replace(held, outcome=encoded))
        return Reply(outcome=outcome, correlation_id=claim.correlation_id, replayed=False)

    async def refuse(self, wanted: Claim, error: ShopError) -> Reply:
        """Keep a refusal as the answer, or raise it again where it speaks only of the moment."""
        if isinstance(error, KeyReused | RequestInProgress) or not isinstance(error, _STORABLE):
            raise error

        async def work() -> Reply:
            claim = await self.claim(wanted)
            if claim.outcome is not None:
                return self.replay(claim)
            return await self.finish(claim, Refused.of(error))

        return await self.unit_of_work(work)

    def replay(self, claim: Claim) -> Reply:
        """The first answer again."""
        outcome = _OUTCOME.decode(claim.outcome or b"")
        return Reply(outcome=outcome, correlation_id=claim.correlation_id, replayed=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceOrder:
    """Turns a quoted cart into an order with its payment intent, inside one unit of work."""

    carts: Carts
    orders: Orders
    payments: Payments
    coupons: Coupons
    events: Events
    signer: Signer

    async def __call__(
        self, cart: Cart, quote: Quote, claim: Claim, choice: PaymentChoice, gateway: str, at: datetime, by: str
    ) -> Order:
        """Consume the cart at the version that was quoted. Raises `CartEmpty`, `CartChanged` or `CouponUsedUp`."""
        order = await self._add(cart, quote, OrderId(claim.ids["order"]), at, by)
        await self.carts.update(cart.id, lambda held: consumed(require_version(held, cart.version)))
        for coupon in quote.basis.coupons:
            await self.coupons.redeem(coupon, order.id, cart.contact.email or "", at)
        await self.events.publish(OrderPlaced(at=at, order_id=order.id))
        if order.totals.total.amount == 0:
            order = await self.orders.update(order.id, lambda held: pay(held, at, by))
            await self.events.publish(OrderPaid(at=at, order_id=order.id))
        else:
            await self.payments.add(intent(order, PaymentId(claim.ids["payment"]), gateway, choice, at))
        return order

    def token(self, order_id: OrderId) -> str:
        """The guest's secret, made from the order's id so that it can be shown again while only its hash is kept."""
        return base64.urlsafe_b64encode(self.signer.sign(order_id.encode(), "order-token")).decode().rstrip("=")

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


@dataclass(frozen=True, kw_only=True, slots=True)
class AskGateway:
    """Calls the gateway outside of any transaction, for as long as a buyer waits."""

    gateways: Mapping[str, PaymentGateway]
    default: str
    clock: Clock
    timeout_seconds: float

    def choose(self, choice: PaymentChoice) -> str:
        """The gateway of a choice. Raises `UnknownGateway` or `InvalidInput` before anything is written."""
        check_return_url(choice.return_url)
        name = choice.gateway or self.default
        gateway = self.gateways.get(name)
        if gateway is None:
            raise UnknownGateway("payment/gateway", ", ".join(sorted(self.gateways)))
        if choice.method is not None and choice.method not in gateway.methods:
            raise UnknownGateway("payment/method", ", ".join(gateway.methods))
        return name

    async def begin(self, payment: Payment, renew: Callable[[], Awaitable[None]]) -> Report:
        """The gateway's answer; `processing` where none came in time, so that it is looked up and never guessed."""
        asked = asyncio.ensure_future(self.gateways[payment.gateway].begin(payment))
        deadline = self.clock.now() + timedelta(seconds=self.timeout_seconds)
        try:
            while (left := (deadline - self.clock.now()).total_seconds()) > 0:
                try:
                    return await self.clock.within(min(left, _RENEW_SECONDS), asyncio.shield(asked))
                except TimeoutError:
                    await renew()
        except GatewayUnavailable:
            pass
        finally:
            asked.cancel()
        return unknown(payment)


def unknown(payment: Payment) -> Report:
    """What the shop believes of a payment whose gateway did not answer."""
    return Report(payment_id=payment.id, attempt=payment.attempt, state=PaymentState.PROCESSING, amount=payment.amount)


@dataclass(frozen=True, kw_only=True, slots=True)
class PayOrder:
    """Phases two and three: ask the gateway, then record what it said together with the reply."""

    gateway: AskGateway
    keyed: KeyedRequests
    payments: Payments
    settle: Settlement
    unit_of_work: UnitOfWork

    async def __call__(self, claim: Claim, by: str, result: Callable[[Claim], Awaitable[CheckedOut]]) -> Reply:
        """Safe to run again from the start: the gateway's key is the attempt's, and recording is monotonic."""
        payment = await self.payments.of_order(OrderId(claim.ids["order"]))
        report: Report | None = None
        if payment is not None and payment.state is PaymentState.REQUIRES_PAYMENT:
            report = await self.gateway.begin(payment, lambda: self.keyed.renew(claim))
        now = self.keyed.clock.now()

        async def finish() -> Reply:
            if report is not None:
                await self.settle(report, now, by)
            return await self.keyed.finish(claim, await result(claim))

        try:
            return await self.unit_of_work(finish)
        except RequestInProgress:
            # Another request has taken this one over; what the gateway said is recorded all the same.
            if report is not None:
                await self._record(report, now, by)
            raise

    async def _record(self, report: Report, at: datetime, by: str) -> None:
        async def work() -> None:
            await self.settle(report, at, by)

        await self.unit_of_work(work)

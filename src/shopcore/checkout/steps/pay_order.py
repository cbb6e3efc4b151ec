"""From an order to the gateway and back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from shopcore.checkout.model import CheckedOut, PaymentChoice, Reply, check_return_url
from shopcore.checkout.ports import Settled, Settlement
from shopcore.checkout.steps.keyed_requests import KeyedRequests
from shopcore.idempotency.errors import RequestInProgress
from shopcore.idempotency.model import Claim
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import GatewayUnavailable, UnknownGateway
from shopcore.payments.model import Payment, PaymentState, Report, unanswered
from shopcore.payments.ports import PaymentGateway, Payments

_RENEW_SECONDS = 2.0  # well within the lease of five, so that one late renewal does not lose it


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
            raise UnknownGateway("payment/gateway", f"one of {', '.join(sorted(self.gateways))}")
        gateway.check_method(choice.method)
        return name

    async def begin(self, payment: Payment, renew: Callable[[], Awaitable[None]]) -> Report:
        """The gateway's answer; `processing` where none came in time, so that it is looked up and never guessed."""
        gateway = self.gateways.get(payment.gateway)
        if gateway is None:  # no longer in the settings; it may come back
            return unanswered(payment)
        asked = asyncio.ensure_future(gateway.begin(payment))
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
        return unanswered(payment)


@dataclass(frozen=True, kw_only=True, slots=True)
class PayOrder:
    """Phases two and three: ask the gateway, then record what it said together with the reply."""

    gateway: AskGateway
    keyed: KeyedRequests
    orders: Orders
    payments: Payments
    settle: Settlement
    unit_of_work: UnitOfWork

    async def __call__(self, claim: Claim, payment: Payment | None, by: str, order_token: str | None) -> Reply:
        """Safe to run again from the start: the gateway's key is the attempt's, and recording is monotonic.

        `payment` is that of the order, as it stood once the claim had reached `placed`; None where there is none.
        `order_token` is shown in the reply.
        """
        report: Report | None = None
        if payment is not None and payment.state is PaymentState.REQUIRES_PAYMENT:
            report = await self.gateway.begin(payment, lambda: self.keyed.renew(claim))
        now = self.keyed.clock.now()

        async def finish() -> Reply:
            settled = None if report is None else await self.settle(report, now, by)
            return await self.keyed.finish(claim, await self._result(claim, settled, order_token))

        try:
            return await self.unit_of_work(finish)
        except RequestInProgress:
            # Another request has taken this one over; what the gateway said is recorded all the same.
            if report is not None:
                await self._record(report, now, by)
            raise

    async def _result(self, claim: Claim, settled: Settled | None, order_token: str | None) -> CheckedOut:
        """What was settled a moment ago, in the same transaction, is not read again."""
        order_id = OrderId(claim.ids["order"])
        order = (settled.order if settled else None) or await self.orders.get(order_id)
        payment = settled.payment if settled else await self.payments.of_order(order_id)
        shown = msgspec.structs.replace(order, explanation=msgspec.Raw(b"null"))
        return CheckedOut(order=shown, order_token=order_token, payment=payment)

    async def _record(self, report: Report, at: datetime, by: str) -> None:
        async def work() -> None:
            await self.settle(report, at, by)

        await self.unit_of_work(work)

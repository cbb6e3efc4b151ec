"""From an order to the gateway and back."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
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
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import Order, OrderStatus
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import (
    GatewayClosed,
    GatewayUnavailable,
    PaymentNotRetryable,
    PaymentUnderWay,
    UnknownGateway,
)
from shopcore.payments.model import (
    GatewayRule,
    Payment,
    PaymentState,
    Report,
    ask_again,
    candidates,
    has_ended,
    in_use,
    is_among,
    last_word,
    made_by,
    still_open,
    to_be_named,
    turn_or_wait,
    unanswered,
)
from shopcore.payments.ports import PaymentGateway, Payments, Switches

STILL_ALONE = timedelta(seconds=5)
"""How long nobody else asks for an attempt that was just written down: the sweeper leaves it alone for 15 s."""

_FOLLOWED = frozenset({PaymentState.REQUIRES_ACTION, PaymentState.FAILED, PaymentState.VOIDED})

_RENEW_SECONDS = 2.0  # well within the lease of five, so that one late renewal does not lose it


@dataclass(frozen=True, kw_only=True, slots=True)
class AskGateway:
    """Calls the gateway outside of any transaction, for as long as a buyer waits."""

    gateways: Mapping[str, PaymentGateway]
    default: str
    rules: Sequence[GatewayRule]
    switches: Switches
    clock: Clock
    timeout_seconds: float
    patience: Mapping[str, timedelta]
    """How long orders wait for the money of gateways, where that is longer than usual."""

    def check(self, choice: PaymentChoice) -> None:
        """Raises `UnknownGateway` or `InvalidInput` for what no rule could make a payment of."""
        check_return_url(choice.return_url)
        if choice.gateway is not None and choice.gateway not in self.gateways:
            raise UnknownGateway("payment/gateway", f"one of {', '.join(sorted(self.gateways))}")
        named = [choice.gateway] if choice.gateway else [self.default, *(n for r in self.rules for n in r.gateways)]
        self._that_know(choice.method, named)

    def choose(self, choice: PaymentChoice, amount: Money, country: str | None, off: Collection[str]) -> Sequence[str]:
        """The gateways to turn to in their order: the one that the buyer names, if the rules let them, else by the
        rules; those that have the method, and of them those that are switched on. Raises `UnknownGateway`.
        """
        if choice.gateway is not None:
            known = to_be_named(self.rules, self.default, self.gateways, amount, country)
            if not is_among(known, choice.gateway, choice.method):
                raise UnknownGateway("payment/gateway", f"one of {', '.join(sorted(known))} for this order")
            return [choice.gateway]
        named = candidates(self.rules, self.default, amount, country)
        return in_use(self._that_know(choice.method, named), off)

    async def off(self) -> Collection[str]:
        """Those that are switched off."""
        return {switch.gateway for switch in await self.switches.everything() if not switch.is_on}

    async def stop(self, payment: Payment) -> Sequence[Report]:
        """Have attempts that wait for their payer take nothing any more, also those that failed: what shows them may be
        open still. None where the present one cannot be followed by another yet.

        Raises `PaymentUnderWay` where one holds the money or is about to take it, or `GatewayUnavailable`.
        """
        said: list[Report] = []
        for number in still_open(payment) if payment.state in _FOLLOWED else ():
            tried = made_by(payment, number)
            gateway = self.gateways.get(tried.gateway)
            if gateway is None:
                raise GatewayUnavailable(tried.gateway)
            report = last_word(await gateway.cancel(tried))
            if not has_ended(report):
                raise PaymentUnderWay
            said.append(report)
        return said

    def _that_know(self, method: str | None, names: Sequence[str]) -> Sequence[str]:
        refusals: list[UnknownGateway] = []
        known: list[str] = []
        for name in names:
            if name not in self.gateways:  # no longer in the settings
                refusals.append(UnknownGateway("payment/gateway", f"one of {', '.join(sorted(self.gateways))}"))
                continue
            try:
                self.gateways[name].check_method(method)
            except UnknownGateway as refusal:
                refusals.append(refusal)
            else:
                known.append(name)
        if not known:
            raise refusals[0]
        return known

    async def begin(self, payment: Payment, renew: Callable[[], Awaitable[None]]) -> Report:
        """The gateway's answer; `processing` where none came in time, so that it is looked up and never guessed.

        Raises `GatewayClosed` where this call has taken nothing, and that is certain.
        """
        gateway = self.gateways.get(payment.gateway)
        if gateway is None:  # no longer in the settings; it may come back
            return unanswered(payment)
        if payment.is_set_by or payment.gateway in await self.off():
            raise GatewayClosed(payment.gateway)
        asked = asyncio.ensure_future(gateway.begin(payment))
        deadline = self.clock.now() + timedelta(seconds=self.timeout_seconds)
        try:
            while (left := (deadline - self.clock.now()).total_seconds()) > 0:
                try:
                    return await self.clock.within(min(left, _RENEW_SECONDS), asyncio.shield(asked))
                except TimeoutError:
                    await renew()
        except GatewayClosed:
            raise
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

    async def __call__(
        self, claim: Claim, payment: Payment | None, by: str, order_token: str | None, *, is_new: bool
    ) -> Reply:
        """Safe to run again from the start: the gateway's key is the attempt's, and recording is monotonic.

        `is_new` says that this very call has written the attempt down, so that nobody else has asked for it yet.
        `payment` is that of the order, as it stood once the claim had reached `placed`; None where there is none.
        `order_token` is shown in the reply.
        """
        report: Report | None = None
        if payment is not None and payment.state is PaymentState.REQUIRES_PAYMENT:
            with suppress(PaymentNotRetryable):  # somebody else has asked, or turned elsewhere: what stands is answered
                payment = payment if is_new else await self._asked_again(payment)
                report = await self._begin(claim, payment, is_new=is_new)
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

    async def stop_waiting(self, order: Order, by: str) -> None:
        """Before another try at an order that is to be paid. Recorded by itself: what a try has taken by now is
        taken, whatever becomes of the next. Raises `PaymentUnderWay` or `GatewayUnavailable`.
        """
        payment = await self.payments.of_order(order.id)
        if payment is None or order.status is not OrderStatus.PENDING:
            return
        for report in await self.gateway.stop(payment):
            await self._record(report, self.keyed.clock.now(), by)

    async def _begin(self, claim: Claim, payment: Payment, *, is_new: bool) -> Report:
        """Turn to the next gateway while it is certain that nobody has taken anything: this call alone has asked so
        far, and was told so. Where none of the others is switched on, any may be asked later. Whoever resumes what a
        crash has left cannot know that, and waits for the first.
        """
        while True:
            try:
                return await self.gateway.begin(payment, lambda: self.keyed.renew(claim))
            except GatewayClosed:
                now = self.keyed.clock.now()
                if not (is_new and payment.others and now - payment.updated_at < STILL_ALONE):
                    return unanswered(payment)
                payment = await self._turn_elsewhere(claim, payment, now)
                if payment.is_set_by:
                    return unanswered(payment)

    async def _asked_again(self, payment: Payment) -> Payment:
        now = self.keyed.clock.now()

        def asked(held: Payment) -> Payment:
            return ask_again(held, payment.attempt, now)

        await self.unit_of_work(lambda: self.payments.update(payment.id, asked))
        return asked(payment)

    async def _turn_elsewhere(self, claim: Claim, payment: Payment, now: datetime) -> Payment:
        """In one transaction with the claim: whoever has taken that over may have asked the first gateway by now."""
        off = await self.gateway.off()

        async def work() -> Payment:
            await self.keyed.reach(claim, "placed")
            return await self.payments.update(payment.id, lambda held: turn_or_wait(held, payment.attempt, now, off))

        return await self.unit_of_work(work)

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

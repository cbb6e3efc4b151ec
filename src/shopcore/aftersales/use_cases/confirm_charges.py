"""Ask a gateway what every attempt of a payment has taken, whatever the shop believes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shopcore.aftersales.model import Settled
from shopcore.aftersales.steps import gateway_of
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import ChargedElsewhere, GatewayUnavailable, OtherCurrency
from shopcore.payments.model import Attempt, Payment, PaymentState, Report, made_by, tried_elsewhere, with_try
from shopcore.payments.ports import PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmCharges:
    """For money that the gateway lists and the books do not have. It is taken in as any other report is: the first
    charge pays the order, a further one goes back. An attempt that took nothing changes nothing.
    """

    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, payment_id: PaymentId, listed: Attempt | None = None) -> Payment:
        """The shop itself, or staff with `payments:write`. `listed` is the attempt whose money a gateway lists, which
        may not be here: a store that was restored from before it has lost it.

        Raises `PaymentNotFound`, `OtherCurrency` or `ChargedElsewhere` for money that cannot be taken in, or
        `GatewayUnavailable`.
        """
        permit(actor, "payments:write")
        payment = await self.payments.get(payment_id)
        for number in range(1, payment.attempt + 1):
            tried = made_by(payment, number)
            report = await gateway_of(self.gateways, tried).look_up(tried)
            payment = await self._taken_in(payment, report, None, name_of(actor))
        if listed is None or listed.number in {charge.number for charge in payment.charges}:
            return payment
        return await self._taken_in(payment, await self._found(payment, listed), listed, name_of(actor))

    async def _found(self, payment: Payment, listed: Attempt) -> Report | None:
        gateway = self.gateways.get(listed.gateway)
        if gateway is None or listed.reference is None:
            raise GatewayUnavailable(listed.gateway)
        if tried_elsewhere(payment, listed.number, listed.gateway):
            raise ChargedElsewhere(listed.gateway)
        report = await gateway.find(listed.reference)
        is_its_own = report is not None and (report.payment_id, report.attempt) == (payment.id, listed.number)
        return report if is_its_own else None

    async def _taken_in(self, payment: Payment, report: Report | None, lost: Attempt | None, by: str) -> Payment:
        if report is None or report.state is not PaymentState.SUCCEEDED:
            return payment
        now = self.clock.now()
        payment = (await self.unit_of_work(lambda: self._settled(report, lost, now, by))).payment
        if report.attempt not in {charge.number for charge in payment.charges}:
            raise OtherCurrency(report.amount)
        return payment

    async def _settled(self, report: Report, lost: Attempt | None, at: datetime, by: str) -> Settled:
        if lost is not None:
            await self.payments.update(report.payment_id, lambda held: with_try(held, lost))
        return await self.settle(report, at, by)

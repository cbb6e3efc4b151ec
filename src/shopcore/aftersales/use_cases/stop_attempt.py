"""Stop an attempt to pay for what another attempt has paid, or is to pay."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.aftersales.steps import gateway_of
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import PaymentUnderWay
from shopcore.payments.model import Payment, PaymentState, has_ended, last_word, made_by, still_open
from shopcore.payments.ports import PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class StopAttempt:
    """The gateway is told to take nothing; what it has taken by then goes back."""

    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, payment_id: PaymentId, attempt: int | None = None) -> Payment:
        """The shop itself, or staff with `payments:write`. None is the present attempt; one that pays the order, or is
        to pay it, is left as it is.

        Raises `PaymentNotFound`, and `PaymentUnderWay` or `GatewayUnavailable` while it is not known to have ended.
        """
        permit(actor, "payments:write")
        payment = await self.payments.get(payment_id)
        number = attempt or payment.attempt
        is_awaited = number == payment.attempt and payment.state is not PaymentState.SUCCEEDED
        if is_awaited or number not in still_open(payment):
            return payment
        tried = made_by(payment, number)
        report = last_word(await gateway_of(self.gateways, tried).cancel(tried))
        if not has_ended(report):
            raise PaymentUnderWay
        now = self.clock.now()
        return (await self.unit_of_work(lambda: self.settle(report, now, name_of(actor)))).payment

"""Ask a gateway what every attempt of a payment has taken, whatever the shop believes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from shopcore.aftersales.steps import gateway_of
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import OtherCurrency
from shopcore.payments.model import Payment, PaymentState, made_by
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

    async def __call__(self, actor: Actor, *, payment_id: PaymentId) -> Payment:
        """The shop itself, or staff with `payments:write`. Raises `PaymentNotFound`, `OtherCurrency` for money that
        cannot be taken in, or `GatewayUnavailable`.
        """
        permit(actor, "payments:write")
        payment = await self.payments.get(payment_id)
        for number in range(1, payment.attempt + 1):
            tried = made_by(payment, number)
            report = await gateway_of(self.gateways, tried).look_up(tried)
            if report is not None and report.state is PaymentState.SUCCEEDED:
                take_in = partial(self.settle, report, self.clock.now(), name_of(actor))
                payment = (await self.unit_of_work(take_in)).payment
                if number not in {charge.number for charge in payment.charges}:
                    raise OtherCurrency(report.amount)
        return payment

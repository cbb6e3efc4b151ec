"""Find out what became of a payment whose outcome is not known."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from shopcore.aftersales.steps import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import OPEN, Payment, PaymentState
from shopcore.payments.ports import PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvePayment:
    """Ask the gateway; where it has never heard of the attempt, begin it under the attempt's own key."""

    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, payment_id: PaymentId) -> Payment:
        """The shop itself, or staff with `payments:write`. A settled payment is left as it is.

        Raises `PaymentNotFound`, or `GatewayUnavailable` while the gateway does not answer.
        """
        permit(actor, "payments:write")
        payment = await self.payments.get(payment_id)
        if payment.state not in OPEN:
            return payment
        gateway = self.gateways[payment.gateway]
        report = await gateway.look_up(payment)
        if report is None and payment.state is PaymentState.REQUIRES_PAYMENT:
            report = await gateway.begin(payment)
        now = self.clock.now()

        async def work() -> Payment:
            if report is not None:
                await self.settle(report, now, name_of(actor))
            # Heard of, even if there is no news: the sweeper turns to those it has not asked about for longer.
            return await self.payments.update(payment_id, lambda held: msgspec.structs.replace(held, updated_at=now))

        return await self.unit_of_work(work)

"""Take in what a gateway lists of a refund that came back, or of a dispute, and no webhook has told."""

from dataclasses import dataclass
from functools import partial

from shopcore.aftersales.steps.later_news import TakeLaterNews
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Dispute


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeInNews:
    """In the same way as a webhook, and as often."""

    later: TakeLaterNews
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        *,
        payment_id: PaymentId,
        refund_id: RefundId | None = None,
        dispute: Dispute | None = None,
        attempt: int | None = None,
    ) -> None:
        """The shop itself, or staff with `payments:write`. `attempt` is that whose charge is disputed; what is known
        changes nothing. Raises `PaymentNotFound`.
        """
        permit(actor, "payments:write")
        now = self.clock.now()
        if refund_id is not None:
            await self.unit_of_work(partial(self.later.refund, payment_id, refund_id, now, is_back=True))
        if dispute is not None:
            await self.unit_of_work(partial(self.later.dispute, payment_id, dispute, attempt, now, name_of(actor)))

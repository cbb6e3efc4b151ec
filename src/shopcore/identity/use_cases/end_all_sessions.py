"""Sign out everywhere."""

from dataclasses import dataclass

from shopcore.identity.ports import Sessions
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class EndAllSessions:
    """End every session of a customer, this one included."""

    sessions: Sessions
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        """A customer may."""
        customer_id, now = signed_in(actor).customer_id, self.clock.now()

        async def work() -> None:
            ended = await self.sessions.end_all(customer_id, now)
            await self.audit.record(
                actor, "account.sign_out_everywhere", customer_id, before={}, after={"sessions_ended": str(ended)}
            )

        await self.unit_of_work(work)

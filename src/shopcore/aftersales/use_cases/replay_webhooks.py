"""Have what was set aside done again."""

from collections.abc import Collection
from dataclasses import dataclass

from shopcore.aftersales.model.webhooks import done_again
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.ports import Inbox


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayWebhooks:
    """By a job for each, at once; what still speaks of a payment that is not here is set aside again."""

    inbox: Inbox
    names: Collection[str]
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, event_ids: Collection[str]) -> int:
        """Staff with `jobs:write`. Answers how many of these were set aside, at whatever gateway."""
        permit(actor, "jobs:write")
        replayed = [await self._replay(actor, name, each) for name in self.names for each in event_ids]
        return sum(replayed)

    async def _replay(self, actor: Actor, gateway: str, event_id: str) -> bool:
        now = self.clock.now()

        async def work() -> bool:
            aside = await self.inbox.aside(gateway, event_id)
            if aside is None:
                return False
            await self.inbox.take_up(aside)
            await self.jobs.enqueue(done_again(aside, now))
            said = {"gateway": gateway, "payment_id": aside.payment_id}
            await self.audit.record(actor, "webhook.replay", event_id, before={}, after=said)
            return True

        return await self.unit_of_work(work)

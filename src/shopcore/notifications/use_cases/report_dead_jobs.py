"""Tell staff of jobs that have failed for good."""

from dataclasses import dataclass

from shopcore.jobs.model import JobState
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.notifications.model import dead_jobs
from shopcore.notifications.steps import Deliver

_LOOKED_AT = 100
_OWN = {"report_dead_jobs", "report_low_stock"}  # a mail about the mail that could not be sent would go on for ever


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportDeadJobs:
    """One mail for all of them, by kind, and another only when others have died since."""

    queue: Queue
    deliver: Deliver
    to: str | None

    async def __call__(self, actor: Actor) -> None:
        """The shop itself; nothing where no address is set. Raises as `Deliver`."""
        permit(actor, "mail:write")
        if self.to is None:
            return
        depths = [each for each in await self.queue.depth() if each.state is JobState.DEAD and each.kind not in _OWN]
        if depths:
            latest = await self.queue.page(JobState.DEAD, None, _LOOKED_AT)
            await self.deliver(dead_jobs(self.to, depths, [job for job in latest.items if job.kind not in _OWN]))

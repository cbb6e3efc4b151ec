"""Tell staff of jobs that have failed for good."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.jobs.model import JobState
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.notifications.model import dead_jobs
from shopcore.notifications.steps import Deliver

_AT_ONCE, _PAGES = 200, 25  # jobs looked at: the newest 5,000 that are dead
_OWN = {
    "report_dead_jobs",
    "report_differences",
    "report_endpoint_off",
    "report_failed_refund",
    "report_lapsed_hold",
    "report_low_stock",
}  # a mail about the mail that could not be sent would go on for ever


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
        if depths and (last := await self._last_death()):
            await self.deliver(dead_jobs(self.to, depths, last))

    async def _last_death(self) -> datetime | None:
        """It may be that of an old job."""
        after, last = None, None
        for _ in range(_PAGES):
            page = await self.queue.page(JobState.DEAD, after, _AT_ONCE)
            deaths = [job.failures[-1].at for job in page.items if job.failures and job.kind not in _OWN]
            last, after = max((*deaths, *([last] if last else [])), default=None), page.next_position
            if after is None:
                break
        return last

"""Have the gateways compared with the books."""

from dataclasses import dataclass
from datetime import timedelta

from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import Ids
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import LONGEST_WINDOW, USUAL_WINDOW, Reconciliation, reconciling_job, requested
from shopcore.payments.ports import Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestReconciliation:
    """Written down with the job that makes it, for it asks gateways and may take long."""

    reconciliations: Reconciliations
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, window: timedelta = USUAL_WINDOW) -> Reconciliation:
        """Staff with `payments:write`. Raises `InvalidInput` for a window that is not from an hour to 366 days."""
        permit(actor, "payments:write")
        if not timedelta(hours=1) <= window <= LONGEST_WINDOW:
            raise InvalidInput.of("days", "out_of_range", f"must be from 1 to {LONGEST_WINDOW.days}")
        run = requested(self.ids.new(), self.clock.now(), name_of(actor), window)

        async def work() -> None:
            await self.reconciliations.put(run)
            await self.jobs.enqueue(reconciling_job(run))
            await self.audit.record(actor, "payments.reconcile", run.id, before={}, after={"since": str(run.since)})

        await self.unit_of_work(work)
        return run

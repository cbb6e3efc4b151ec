"""How far a comparison has come, and what it has come to, is kept."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.events import Events
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import ReconciliationNotFound
from shopcore.payments.events import ReconciliationForStaff
from shopcore.payments.model import Reconciliation, finished, is_for_staff, reconciling_job
from shopcore.payments.ports import Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepReconciliation:
    """Between two jobs a run is nowhere but here; at its end what stands open is told to staff, once."""

    reconciliations: Reconciliations
    jobs: Jobs
    events: Events
    unit_of_work: UnitOfWork

    async def hand_on(self, run: Reconciliation) -> Reconciliation:
        """Another job goes on from where it is, unless somebody else has finished it meanwhile: whoever stood still
        must not begin it anew.
        """

        async def work() -> Reconciliation:
            with suppress(ReconciliationNotFound):
                kept = await self.reconciliations.get(run.id)
                if kept.finished_at is not None:
                    return kept
            await self.reconciliations.put(run)
            await self.jobs.enqueue(reconciling_job(run))
            return run

        return await self.unit_of_work(work)

    async def finish(self, run: Reconciliation, gateways: Collection[str], now: datetime) -> Reconciliation:
        """Once, also of two who have made it side by side."""

        async def work() -> Reconciliation:
            kept = await self.reconciliations.get(run.id)
            if kept.finished_at is not None:
                return kept
            before = await self.reconciliations.standing()
            done, standing = finished(run, now, gateways, before)
            await self.reconciliations.put(done)
            await self.reconciliations.put_standing(standing)
            if is_for_staff(done, before):
                await self.events.publish(ReconciliationForStaff(at=now, run_id=done.id))
            return done

        return await self.unit_of_work(work)

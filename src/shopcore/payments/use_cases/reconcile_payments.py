"""Compare what gateways list with the books, and mend what can be mended safely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import GatewayUnavailable
from shopcore.payments.model import (
    USUAL_WINDOW,
    Difference,
    JournalEntry,
    Reconciliation,
    fees_kept,
    fees_to_post,
    finished,
    repairing_jobs,
    requested,
)
from shopcore.payments.ports import Ledger, PaymentGateway, Reconciliations
from shopcore.payments.steps import Compared, CompareWithGateway

_AT_ONCE = 50  # entries in one transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconcilePayments:
    """Gateway by gateway; one that does not answer is named, and looked at again the next day.

    Fees are known to gateways alone, and are posted here. What is repaired is only ever taken in from the gateway, by
    jobs that ask it once more; money is neither taken nor given back for what a list says.
    """

    gateways: Mapping[str, PaymentGateway]
    compare: CompareWithGateway
    ledger: Ledger
    reconciliations: Reconciliations
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, run_id: str | None = None) -> Reconciliation:
        """The shop itself, or staff with `payments:write`: the one that was asked for, else one of the usual window.

        One that is finished stays as it is. Raises `ReconciliationNotFound`.
        """
        permit(actor, "payments:write")
        if run_id is None:
            run = requested(self.ids.new(), self.clock.now(), name_of(actor), USUAL_WINDOW)
        else:
            run = await self.reconciliations.get(run_id)
        if run.finished_at is not None:
            return run
        fees, found, unreached, count = list[JournalEntry](), list[Difference](), list[str](), 0
        for name, gateway in sorted(self.gateways.items()):
            try:
                compared = await self.compare(gateway, run.since, run.until)
            except GatewayUnavailable:
                unreached.append(name)
                continue
            fees += await self._post_fees(compared)
            await self._repair(actor, run, compared)
            found += compared.differences
            count += compared.count
        run = finished(
            run,
            self.clock.now(),
            compared=count,
            fees=fees_kept(fees),
            differences=found,
            unreached=unreached,
        )
        await self.reconciliations.put(run)
        return run

    async def _post_fees(self, compared: Compared) -> Sequence[JournalEntry]:
        fees = fees_to_post(compared.matching, compared.books, self.clock.now())
        for start in range(0, len(fees), _AT_ONCE):
            await self.unit_of_work(partial(self.ledger.post, *fees[start : start + _AT_ONCE]))
        return fees

    async def _repair(self, actor: Actor, run: Reconciliation, compared: Compared) -> None:
        for one in (each for each in compared.differences if each.repairs):
            payment = compared.payments.get(one.payment_id) if one.payment_id else None
            await self.unit_of_work(partial(self._begin, actor, one, repairing_jobs(one, payment, run.id)))

    async def _begin(self, actor: Actor, one: Difference, jobs: Sequence[NewJob]) -> None:
        await self.jobs.enqueue(*jobs)
        said = {"kind": one.kind.value, "gateway": one.gateway, "movement": one.movement or ""}
        await self.audit.record(actor, "payment.repair", one.payment_id or "", before={}, after=said)

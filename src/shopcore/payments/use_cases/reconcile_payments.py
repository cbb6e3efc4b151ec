"""Compare what gateways list with the books, and mend what can be mended safely."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.payments.model import (
    USUAL_WINDOW,
    Reconciliation,
    begun,
    requested,
)
from shopcore.payments.ports import PaymentGateway, Reconciliations
from shopcore.payments.steps.comparing import AdvanceReconciliation
from shopcore.payments.steps.keeping import KeepReconciliation

_AT_ONCE = timedelta(seconds=8)  # with one span more it stays below the 25 seconds that a job may take
_SPANS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconcilePayments:
    """Gateway by gateway and span by span, by jobs that hand on to each other; a gateway that does not answer is named,
    and gone on with the next time.

    Fees are known to gateways alone, and are posted here. What is repaired is only ever taken in from the gateway, by
    jobs; money is neither taken nor given back for what a list says.
    """

    gateways: Mapping[str, PaymentGateway]
    advance: AdvanceReconciliation
    keep: KeepReconciliation
    reconciliations: Reconciliations
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, run_id: str | None = None, in_steps: bool = False) -> Reconciliation:
        """The shop itself, or staff with `payments:write`: the one that was asked for, else one of the usual window; to
        its end, or with `in_steps` some spans of it, and the rest by another job.

        One that is finished stays as it is. Raises `ReconciliationNotFound`.
        """
        permit(actor, "payments:write")
        if run_id is None:
            run = requested(self.ids.new(), self.clock.now(), name_of(actor), USUAL_WINDOW)
            if in_steps:
                return await self.keep.hand_on(run)
            await self.reconciliations.put(run)
        else:
            run = await self.reconciliations.get(run_id)
        if not run.is_begun:
            run = begun(run, self.gateways, await self.reconciliations.standing())
        began, spans = self.clock.now(), 0
        while run.parts and run.finished_at is None:
            if in_steps and (spans == _SPANS or self.clock.now() - began > _AT_ONCE):
                return await self.keep.hand_on(run)
            run, spans = await self.advance(actor, run), spans + 1
        return run if run.finished_at is not None else await self.keep.finish(run, self.gateways, self.clock.now())

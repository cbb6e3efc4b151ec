"""See one comparison of gateways with the books."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.payments.model import Reconciliation, seen_now
from shopcore.payments.ports import Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowReconciliation:
    """With each difference, and what was left of them since."""

    reconciliations: Reconciliations

    async def __call__(self, actor: Actor, *, run_id: str) -> Reconciliation:
        """Staff with `payments:read`. Raises `ReconciliationNotFound`."""
        permit(actor, "payments:read")
        run = await self.reconciliations.get(run_id)
        return seen_now(run, await self.reconciliations.standing())

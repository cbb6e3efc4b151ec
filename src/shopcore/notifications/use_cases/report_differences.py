"""Tell staff where the books and the gateways do not agree."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.notifications.model import open_differences
from shopcore.notifications.steps import Deliver
from shopcore.payments.ports import Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportDifferences:
    """One mail for each comparison in which there is something for them."""

    reconciliations: Reconciliations
    deliver: Deliver
    to: str | None

    async def __call__(self, actor: Actor, *, run_id: str) -> None:
        """The shop itself; nothing where no address is set. Raises as `Deliver`, and `ReconciliationNotFound`."""
        permit(actor, "mail:write")
        if self.to is not None:
            await self.deliver(open_differences(self.to, await self.reconciliations.get(run_id)))

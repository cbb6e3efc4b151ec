"""Report what lies where."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.payments.model import EVER, Balances, balances_of, merged
from shopcore.payments.ports import Ledger, Reconciliations


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportBalances:
    """A sum over all of the ledger: what each gateway holds, and every account. From where it was summed up last, if
    that is not too late; what comes to nothing is left out on both ways.
    """

    ledger: Ledger
    reconciliations: Reconciliations
    clock: Clock

    async def __call__(self, actor: Actor, *, until: datetime | None = None) -> Balances:
        """Staff with `reports:read`: as they stand now, or stood at some time."""
        permit(actor, "reports:read")
        end = until or self.clock.now()
        summed = (await self.reconciliations.standing()).summed
        if end < summed.until:
            return balances_of(merged(await self.ledger.totals(EVER, end)), end)
        return balances_of(merged(summed.totals, await self.ledger.totals(summed.until, end)), end)

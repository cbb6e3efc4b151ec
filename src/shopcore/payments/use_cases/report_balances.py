"""Report what lies where."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.payments.model import Balances, balances_of
from shopcore.payments.ports import Ledger

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportBalances:
    """A sum over all of the ledger: what each gateway holds, and every account."""

    ledger: Ledger
    clock: Clock

    async def __call__(self, actor: Actor, *, until: datetime | None = None) -> Balances:
        """Staff with `reports:read`: as they stand now, or stood at some time."""
        permit(actor, "reports:read")
        end = until or self.clock.now()
        return balances_of(await self.ledger.totals(_EVER, end), end)

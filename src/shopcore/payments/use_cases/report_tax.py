"""Report what was sold, and the tax on it."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.payments.model import TaxReport, tax_report, tax_span
from shopcore.payments.ports import Ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportTax:
    """A sum over the ledger, by currency."""

    ledger: Ledger
    clock: Clock

    async def __call__(
        self, actor: Actor, *, since: datetime | None = None, until: datetime | None = None
    ) -> TaxReport:
        """Staff with `reports:read`: the last 30 days, or another span. Raises `InvalidInput` for one that is empty or
        longer than 400 days.
        """
        permit(actor, "reports:read")
        start, end = tax_span(since, until, self.clock.now())
        return tax_report(await self.ledger.totals(start, end), start, end)

"""End a tax."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.model import figures
from shopcore.pricing.ports import TaxRates


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveTaxRate:
    """Staff with `pricing:write` remove a tax rate; from the next quote on it is not charged.

    Raises `RuleNotFound`.
    """

    unit_of_work: UnitOfWork
    tax_rates: TaxRates
    audit: Audit

    async def __call__(self, actor: Actor, rate_id: str) -> None:
        """Remove the rate with that id."""
        permit(actor, "pricing:write")

        async def remove() -> None:
            known = {rate.id: rate for rate in await self.tax_rates.everything()}
            await self.tax_rates.remove(rate_id)
            await self.audit.record(
                actor, "remove_tax_rate", f"tax_rate:{rate_id}", before=figures(known[rate_id]), after={}
            )

        await self.unit_of_work(remove)

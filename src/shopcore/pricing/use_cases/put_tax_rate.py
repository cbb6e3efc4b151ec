"""Add or change a tax."""

from dataclasses import dataclass

import msgspec

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.model import TaxRate, figures, problems_of
from shopcore.pricing.ports import TaxRates


@dataclass(frozen=True, kw_only=True, slots=True)
class PutTaxRate:
    """Staff with `pricing:write` add a tax rate, or replace the one with its id.

    Placed orders keep the rates they were quoted with. Raises `InvalidInput` naming every bad field.
    """

    unit_of_work: UnitOfWork
    tax_rates: TaxRates
    ids: Ids
    audit: Audit

    async def __call__(self, actor: Actor, rate: TaxRate) -> TaxRate:
        """Return the rate as stored; one with an empty id is new and is given one."""
        permit(actor, "pricing:write")
        named = rate if rate.id else msgspec.structs.replace(rate, id=self.ids.new())
        if problems := problems_of(named):
            raise InvalidInput(*problems)

        async def put() -> None:
            known = {old.id: old for old in await self.tax_rates.everything()}
            before = figures(known[named.id]) if named.id in known else {}
            await self.tax_rates.put(named)
            await self.audit.record(actor, "put_tax_rate", f"tax_rate:{named.id}", before=before, after=figures(named))

        await self.unit_of_work(put)
        return named

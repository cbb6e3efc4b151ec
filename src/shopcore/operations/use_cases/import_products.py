"""Take a file of products into the catalogue and the stock."""

from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import Ids
from shopcore.operations.model import ImportReport, Refusal
from shopcore.operations.ports import ProductFile
from shopcore.operations.steps.take_product import Fate
from shopcore.operations.steps.take_products import TakeProducts

AT_ONCE = 50
"""Products on their way to the store together, so that it can commit them together."""


def _unwatched(_done: int, _total: int) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportProducts:
    """Adds what is new, updates what differs, and leaves the rest alone: a second run changes nothing.

    Each product is a transaction of its own, so a refused one undoes no other, and an import that was interrupted is
    finished by running it again. Every row that was not taken is in the report.
    """

    take_products: TakeProducts
    audit: Audit
    ids: Ids
    currency: str

    async def __call__(
        self, actor: Actor, *, file: ProductFile, progress: Callable[[int, int], None] = _unwatched
    ) -> ImportReport:
        """Needs `catalog:write`. `progress` hears rows done and in all. Raises `UnreadableFile` before any write."""
        permit(actor, "catalog:write")
        total, run, done = await file.count(), self.ids.new(), 0
        fates: Counter[Fate] = Counter()
        refused: list[Refusal] = []
        async with aclosing(file.read(self.currency, AT_ONCE)) as batches:
            async for batch in batches:
                for taken in await self.take_products(actor, run, [rows.product for rows in batch if rows.product]):
                    fates[taken.fate] += 1
                    refused.extend(taken.refused)
                refused.extend(refusal for rows in batch for refusal in rows.refused)
                done += sum(rows.rows for rows in batch)
                progress(done, total)
        await self._sum_up(actor, run, fates)
        return ImportReport(
            created=fates[Fate.CREATED],
            updated=fates[Fate.UPDATED],
            unchanged=fates[Fate.UNCHANGED],
            refused=tuple(sorted(refused, key=lambda refusal: refusal.row)),
        )

    async def _sum_up(self, actor: Actor, run: str, fates: Counter[Fate]) -> None:
        """One entry for the run, if it did anything."""
        if not fates[Fate.CREATED] and not fates[Fate.UPDATED]:
            return
        figures = {fate.value: str(fates[fate]) for fate in Fate}
        await self.take_products.patiently(
            lambda: self.audit.record(actor, "products.imported", f"import/{run}", before={}, after=figures)
        )

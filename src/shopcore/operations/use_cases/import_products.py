"""Take a file of products into the catalogue and the stock."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Conflict, NotFound, Rejected
from shopcore.kernel.ids import Ids
from shopcore.kernel.stores import StoreBusy
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.operations.model import ImportedProduct, ImportReport, Refusal
from shopcore.operations.ports import ProductFile
from shopcore.operations.steps.take_product import Fate, Taken, TakeProduct, new_ids, refusals_of

AT_ONCE = 50
"""Products on their way to the store together, so that it can commit them together."""
TRIES = 5  # of one product: a store that was busy for a moment does not end a file of ten thousand

T = TypeVar("T")


def _unwatched(_done: int, _total: int) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportProducts:
    """Adds what is new, updates what differs, and leaves the rest alone: a second run changes nothing.

    Each product is a transaction of its own, so a refused one undoes no other, and an import that was interrupted is
    finished by running it again. Every row that was not taken is in the report.
    """

    unit_of_work: UnitOfWork
    take_product: TakeProduct
    audit: Audit
    clock: Clock
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
                for taken in await self._take([rows.product for rows in batch if rows.product], actor, run):
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

    async def _take(self, products: Sequence[ImportedProduct], actor: Actor, run: str) -> Sequence[Taken]:
        """All of them, each in its own transaction. What stops the whole import is raised when all have ended."""
        tasks = [asyncio.ensure_future(self._take_one(product, actor, run)) for product in products]
        await asyncio.gather(*tasks, return_exceptions=True)
        return [task.result() for task in tasks]

    async def _take_one(self, wanted: ImportedProduct, actor: Actor, run: str) -> Taken:
        now, ids = self.clock.now(), new_ids(self.ids, wanted)
        try:
            return await self._kept(lambda: self.take_product(actor, run, wanted, ids, now))
        except (Conflict, NotFound, Rejected) as error:
            return Taken(fate=Fate.REFUSED, refused=refusals_of(wanted, error))

    async def _sum_up(self, actor: Actor, run: str, fates: Counter[Fate]) -> None:
        """One entry for the run, if it did anything."""
        if not fates[Fate.CREATED] and not fates[Fate.UPDATED]:
            return
        done = {fate.value: str(fates[fate]) for fate in Fate}
        await self._kept(lambda: self.audit.record(actor, "products.imported", f"import/{run}", before={}, after=done))

    async def _kept(self, work: Work[T]) -> T:
        """In a transaction, also where the store asks for patience. Raises `StoreBusy` once that is used up."""
        for _ in range(TRIES - 1):
            try:
                return await self.unit_of_work(work)
            except StoreBusy as busy:
                await self.clock.sleep(busy.retry_after or 0.0)
        return await self.unit_of_work(work)

"""An import into a store that has no time: it waits as it is told, a few times."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from tests.unit.operations.exports import export, file_of, mug
from tests.unit.operations.shop import MERCHANT, Shop

from shopcore.kernel.stores import RETRY_AFTER, StoreBusy
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.operations.model import ImportReport
from shopcore.operations.use_cases.import_products import TRIES

pytestmark = pytest.mark.anyio

T = TypeVar("T")


class BusyUnits:
    """A store's unit of work that is refused so many times."""

    def __init__(self, units: UnitOfWork, refusals: int) -> None:
        self._units = units
        self.refusals = refusals

    async def __call__(self, work: Work[T]) -> T:
        if self.refusals:
            self.refusals -= 1
            raise StoreBusy
        return await self._units(work)


@asynccontextmanager
async def importing(shop: Shop, refusals: int) -> AsyncIterator["asyncio.Task[ImportReport]"]:
    """An import of one product that has been refused so often, and has waited as long as it was told each time."""
    shop.unit_of_work = BusyUnits(shop.unit_of_work, refusals)  # type: ignore[assignment]
    task = asyncio.ensure_future(shop.import_products(MERCHANT, file=file_of(export(mug()))))
    for _ in range(min(refusals, TRIES - 1)):
        await shop.clock.asleep(1)
        assert not task.done()
        await shop.clock.advance(RETRY_AFTER)
    yield task


async def test_a_store_that_is_busy_for_a_moment_ends_no_import(shop: Shop) -> None:
    async with importing(shop, TRIES - 1) as task:
        report = await task

    assert report.created == 1
    assert (await shop.products.get_by_slug("mug")).title == "Mug"


async def test_patience_ends(shop: Shop) -> None:
    """Nothing was written, so that the same file is taken whole later."""
    before = await shop.everything()
    async with importing(shop, TRIES) as task:
        with pytest.raises(StoreBusy):
            await task

    assert await shop.everything() == before

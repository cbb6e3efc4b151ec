"""An import into a store that has no time: it waits as it is told, a few times."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from tests.unit.operations.exports import export, file_of, mug
from tests.unit.operations.shop import MERCHANT, Shop

from shopcore.kernel.errors import ShopError
from shopcore.kernel.stores import RETRY_AFTER, StoreBusy, StoreUndecided, StoreUnreachable, StoreUnusable
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.operations.model import ImportReport
from shopcore.operations.steps.take_products import GIVE_UP_AFTER, TRIES

pytestmark = pytest.mark.anyio

T = TypeVar("T")


class RefusingUnits:
    """A store's unit of work that is refused so many times, for this or that reason."""

    def __init__(self, units: UnitOfWork, refusals: int, reason: type[ShopError]) -> None:
        self._units = units
        self._reason = reason
        self.refusals = refusals

    async def __call__(self, work: Work[T]) -> T:
        if self.refusals:
            self.refusals -= 1
            raise self._reason
        return await self._units(work)


@asynccontextmanager
async def importing(
    shop: Shop, refusals: int, reason: type[ShopError] = StoreBusy, *handles: str
) -> AsyncIterator["asyncio.Task[ImportReport]"]:
    """An import of some products, the first of which are refused so often, and wait as long as they are told."""
    shop.unit_of_work = RefusingUnits(shop.unit_of_work, refusals, reason)  # type: ignore[assignment]
    rows = [mug(Handle=handle, Variant_SKU=handle) for handle in handles or ("mug",)]
    task = asyncio.ensure_future(shop.import_products(MERCHANT, file=file_of(export(*rows))))
    async with asyncio.timeout(60):
        while not task.done():
            await asyncio.sleep(0)
            await shop.clock.advance(RETRY_AFTER)
    yield task


@pytest.mark.parametrize("reason", [StoreBusy, StoreUnreachable, StoreUndecided])
async def test_a_store_that_asks_for_patience_for_a_moment_ends_no_import(shop: Shop, reason: type[ShopError]) -> None:
    async with importing(shop, TRIES - 1, reason) as task:
        report = await task

    assert (report.created, report.refused) == (1, ())
    assert (await shop.products.get_by_slug("mug")).title == "Mug"


async def test_a_product_that_there_is_no_time_for_is_named_and_the_others_are_taken(shop: Shop) -> None:
    """Each alone by then: it is its own length that is too much, and not its neighbours."""
    async with importing(shop, 3 + TRIES - 1, StoreBusy, "long", "cup", "pot") as task:
        report = await task

    assert report.created == 2
    assert [(each.row, each.handle, "no time" in each.message) for each in report.refused] == [(2, "long", True)]


async def test_patience_ends(shop: Shop) -> None:
    """Of a store that has no time for anything; nothing was written, so that the same file is taken whole later."""
    before = await shop.everything()
    names = [f"mug-{number}" for number in range(GIVE_UP_AFTER + 1)]
    async with importing(shop, 1_000, StoreBusy, *names) as task:
        with pytest.raises(StoreBusy):
            await task

    assert await shop.everything() == before


@pytest.mark.parametrize("reason", [StoreUnreachable, StoreUndecided])
async def test_a_store_that_stays_away_ends_the_import(shop: Shop, reason: type[ShopError]) -> None:
    async with importing(shop, TRIES, reason) as task:
        with pytest.raises(reason):
            await task


async def test_a_store_that_cannot_be_used_is_asked_once(shop: Shop) -> None:
    """Who waits for a full disk waits in vain."""
    before = await shop.everything()
    units = RefusingUnits(shop.unit_of_work, 2, _Full)
    shop.unit_of_work = units  # type: ignore[assignment]
    with pytest.raises(StoreUnusable):
        await shop.import_products(MERCHANT, file=file_of(export(mug())))

    assert units.refusals == 1
    assert await shop.everything() == before


class _Full(StoreUnusable):
    def __init__(self) -> None:
        super().__init__("the disk of the store is full")


async def test_a_product_that_cannot_be_read_keeps_no_other_out(shop: Shop) -> None:
    """It is refused by name, and so again until somebody has mended it; the store is well."""
    await shop.take_in(mug(Handle="bad", Variant_SKU="bad"))
    await shop.database.write(lambda connection: connection.execute("UPDATE products SET body = ?", (b"{}",)))

    report = await shop.take_in(*(mug(Handle=name, Variant_SKU=name) for name in ("cup", "bad", "pot")))

    assert report.created == 2
    assert [(each.row, each.handle, each.field) for each in report.refused] == [(3, "bad", "Handle")]
    assert "is not what a shop wrote" in report.refused[0].message

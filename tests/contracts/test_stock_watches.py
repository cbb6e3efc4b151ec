"""Who waits for what, on every store."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from tests.contracts.stores import Store

from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.stock_watches import SqliteStockWatches
from shopcore.kernel.ids import VariantId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.model import StockWatch
from shopcore.messages.ports import StockWatches
from shopcore.testing.contracts.stock_watches import StockWatchesContract


class TestStockWatches(StockWatchesContract):
    @pytest.fixture
    def watches(self, store: Store) -> StockWatches:
        return store.stock_watches

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class Sticky(SqliteStockWatches):
    """Tells who waits, and leaves them waiting."""

    async def take(self, variant_id: VariantId, limit: int) -> Sequence[StockWatch]:
        found = [one for one in await self.page("", 100) if one.variant_id == variant_id]
        return sorted(found, key=lambda one: one.since)[:limit]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "test",
    [
        StockWatchesContract.test_who_waits_longest_is_taken_first,
        StockWatchesContract.test_each_is_taken_once_by_however_many,
    ],
)
async def test_who_is_told_twice_is_noticed(database: Database, test: Callable[..., Awaitable[None]]) -> None:
    with pytest.raises(AssertionError):
        await test(StockWatchesContract(), Sticky(database), SqliteUnitOfWork(database))

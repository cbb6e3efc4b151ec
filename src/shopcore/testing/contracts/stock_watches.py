"""The contract of `shopcore.messages.ports.StockWatches`."""

import asyncio
from datetime import timedelta

import pytest

from shopcore.kernel.ids import CustomerId, VariantId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.model.watches import StockWatch, watch
from shopcore.messages.ports import StockWatches
from shopcore.testing.contracts.samples import NOON, Refused

TEA, CUP = VariantId("tea"), VariantId("cup")
ANN, BOB, EVE = CustomerId("ann"), CustomerId("bob"), CustomerId("eve")


def waits(variant: VariantId, who: CustomerId, minutes: int = 0) -> StockWatch:
    """Since so many minutes after noon."""
    return watch(variant, who, NOON + timedelta(minutes=minutes))


@pytest.mark.anyio
class StockWatchesContract:
    """Override `watches` and `unit_of_work`."""

    @pytest.fixture
    def watches(self) -> StockWatches:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_who_waits_already_goes_on_waiting(self, watches: StockWatches) -> None:
        """Since the first time; of one customer's each is told, and nobody else's."""
        for one in (waits(TEA, ANN), waits(TEA, ANN, 5), waits(CUP, ANN), waits(TEA, BOB)):
            await watches.put(one)

        assert await watches.of_customer(ANN) == [waits(CUP, ANN), waits(TEA, ANN)]
        assert await watches.of_customer(EVE) == []
        assert await watches.page("", 100) == [waits(CUP, ANN), waits(TEA, ANN), waits(TEA, BOB)]

    async def test_all_are_told_a_page_at_a_time(self, watches: StockWatches) -> None:
        """By id, from one on."""
        for one in (waits(TEA, ANN), waits(TEA, BOB), waits(CUP, BOB)):
            await watches.put(one)

        assert await watches.page("", 2) == [waits(CUP, BOB), waits(TEA, ANN)]
        assert await watches.page(waits(TEA, ANN).id, 2) == [waits(TEA, BOB)]

    async def test_variants_are_told_once_each_a_page_at_a_time(self, watches: StockWatches) -> None:
        """Sorted, from one on."""
        for one in (waits(TEA, ANN), waits(TEA, BOB), waits(CUP, BOB)):
            await watches.put(one)

        assert await watches.variants("", 10) == [CUP, TEA]
        assert await watches.variants("", 1) == [CUP]
        assert await watches.variants(CUP, 1) == [TEA]
        assert await watches.variants(TEA, 1) == []

    async def test_who_waits_longest_is_taken_first(self, watches: StockWatches, unit_of_work: UnitOfWork) -> None:
        """So many at once, of that variant."""
        for one in (waits(TEA, ANN, 2), waits(TEA, BOB, 1), waits(TEA, EVE, 3), waits(CUP, EVE)):
            await watches.put(one)
        first = await unit_of_work(lambda: watches.take(TEA, 2))
        second = await unit_of_work(lambda: watches.take(TEA, 2))

        assert [one.customer_id for one in first] == [BOB, ANN]
        assert [one.customer_id for one in second] == [EVE]
        assert await watches.page("", 100) == [waits(CUP, EVE)]

    async def test_each_is_taken_once_by_however_many(self, watches: StockWatches, unit_of_work: UnitOfWork) -> None:
        for number in range(6):
            await watches.put(waits(TEA, CustomerId(f"{number}")))
        taken = await asyncio.gather(*(unit_of_work(lambda: watches.take(TEA, 3)) for _ in range(4)))

        assert sorted(one.customer_id for some in taken for one in some) == [f"{number}" for number in range(6)]

    async def test_what_is_undone_was_not_taken(self, watches: StockWatches, unit_of_work: UnitOfWork) -> None:
        """It goes with its unit."""
        await watches.put(waits(TEA, ANN))

        async def work() -> None:
            await watches.take(TEA, 10)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)

        assert await watches.page("", 100) == [waits(TEA, ANN)]

    async def test_a_wish_is_taken_back(self, watches: StockWatches) -> None:
        """One, or all of a customer's; one that is not there is none."""
        for one in (waits(TEA, ANN), waits(CUP, ANN), waits(TEA, BOB), waits(CUP, BOB)):
            await watches.put(one)
        for _ in range(2):
            await watches.remove(waits(TEA, ANN).id)
        await watches.remove_all(BOB)

        assert await watches.page("", 100) == [waits(CUP, ANN)]

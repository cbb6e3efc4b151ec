"""The contract of `shopcore.inventory.ports.Reservations`: units that are not counted, or may be oversold."""

import pytest

from shopcore.inventory.model import StockPolicy
from shopcore.inventory.ports import Levels, Reservations
from shopcore.testing.contracts.levels import level, movements, stock, sums
from shopcore.testing.contracts.reservations import ORDER, A, B, wanting
from shopcore.testing.contracts.samples import NOON


@pytest.mark.anyio
class UncountedReservationsContract:
    """Override `reservations` and `levels` (of the same store)."""

    @pytest.fixture
    def reservations(self) -> Reservations:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def levels(self) -> Levels:
        pytest.fail("override this fixture with the levels of the same store")

    async def test_what_may_be_oversold_never_lacks(self, reservations: Reservations, levels: Levels) -> None:
        """Under `continue` a level may fall below zero, and its movements say how."""
        await stock(levels, A, 1, StockPolicy.CONTINUE)
        await reservations.reserve(wanting({A: 3}), NOON)
        assert await level(levels, A) == (1, 3)
        await reservations.claim(ORDER, NOON)
        await reservations.commit(ORDER, NOON)

        assert await level(levels, A) == await sums(levels, A) == (-2, 0)

    async def test_what_is_not_tracked_is_not_counted(self, reservations: Reservations, levels: Levels) -> None:
        """Neither a SKU without a level nor one that is not tracked ever lacks, nor moves."""
        await levels.set_rules(A, tracked=False, policy=StockPolicy.DENY)
        await reservations.reserve(wanting({A: 100, B: 100}), NOON)
        await reservations.claim(ORDER, NOON)
        await reservations.commit(ORDER, NOON)
        await reservations.release(ORDER, NOON)

        assert await level(levels, A) == (0, 0)
        assert await movements(levels, A) == await movements(levels, B) == []
        assert await levels.find([B]) == {}

    @pytest.mark.parametrize("last", ["commit", "release"])
    async def test_tracking_that_begins_later_counts_nothing_of_it(
        self, reservations: Reservations, levels: Levels, last: str
    ) -> None:
        """Units that were promised uncounted are not taken from, or given to, the level that was set meanwhile."""
        await levels.set_rules(A, tracked=False, policy=StockPolicy.DENY)
        await reservations.reserve(wanting({A: 7, B: 7}), NOON)
        await reservations.claim(ORDER, NOON)
        for sku in (A, B):
            await stock(levels, sku, 5)
        await getattr(reservations, last)(ORDER, NOON)

        for sku in (A, B):
            assert await level(levels, sku) == await sums(levels, sku) == (5, 0)

    async def test_tracking_that_ends_lets_go_of_what_was_counted(
        self, reservations: Reservations, levels: Levels
    ) -> None:
        """Units that were counted are uncounted, whatever the rules are by then."""
        await stock(levels, A, 5)
        await reservations.reserve(wanting({A: 3}), NOON)
        await levels.set_rules(A, tracked=False, policy=StockPolicy.DENY)
        await reservations.release(ORDER, NOON)

        assert await level(levels, A) == await sums(levels, A) == (5, 0)

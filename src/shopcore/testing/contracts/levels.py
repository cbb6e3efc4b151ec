"""The contract of `shopcore.inventory.ports.Levels`."""

import asyncio
from datetime import timedelta

import pytest

from shopcore.inventory.errors import StockItemNotFound, WouldOversell
from shopcore.inventory.model import Movement, MovementKind, StockItem, StockLine, StockPolicy, hold
from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.pages import through_a_cursor
from shopcore.testing.contracts.samples import NOON, Refused

A, B = Sku("A"), Sku("B")


async def stock(levels: Levels, sku: Sku, on_hand: int, policy: StockPolicy = StockPolicy.DENY) -> None:
    """A tracked SKU with so many on hand."""
    await levels.set_rules(sku, tracked=True, policy=policy)
    await levels.set_on_hand(
        sku, on_hand, kind=MovementKind.ADJUSTED, reason="counted", movement_id=f"opening/{sku}", at=NOON
    )


async def level(levels: Levels, sku: Sku) -> tuple[int, int]:
    """On hand and reserved."""
    item = (await levels.find([sku]))[sku]
    return item.on_hand, item.reserved


async def movements(levels: Levels, sku: Sku, limit: int = 50) -> list[Movement]:
    """Every movement of the SKU, newest first, page by page."""
    found: list[Movement] = []
    after: Position | None = None
    while True:
        page = await levels.movements(sku, after, limit)
        found.extend(page.items)
        after = through_a_cursor(page.next_position)
        if after is None:
            return found


async def sums(levels: Levels, sku: Sku) -> tuple[int, int]:
    """What the movements of a SKU add up to: on hand and reserved."""
    found = await movements(levels, sku)
    return sum(one.on_hand for one in found), sum(one.reserved for one in found)


@pytest.mark.anyio
class LevelsContract:
    """Override `levels`, `reservations` (of the same store) and `unit_of_work`."""

    @pytest.fixture
    def levels(self) -> Levels:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def reservations(self) -> Reservations:
        pytest.fail("override this fixture with the reservations of the same store")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_rules_add_an_empty_level(self, levels: Levels) -> None:
        """A SKU is known from its first rules on, with nothing on hand and no movement."""
        item = await levels.set_rules(A, tracked=True, policy=StockPolicy.CONTINUE)

        assert item == StockItem(sku=A, tracked=True, policy=StockPolicy.CONTINUE)
        assert await levels.find([A, B]) == {A: item}
        assert await movements(levels, A) == []

    async def test_rules_can_be_changed_and_keep_the_figures(self, levels: Levels) -> None:
        """Equal rules change nothing; others change only themselves."""
        await stock(levels, A, 5)

        same = await levels.set_rules(A, tracked=True, policy=StockPolicy.DENY)
        free = await levels.set_rules(A, tracked=False, policy=StockPolicy.CONTINUE)

        assert same == StockItem(sku=A, tracked=True, on_hand=5)
        assert free == StockItem(sku=A, tracked=False, policy=StockPolicy.CONTINUE, on_hand=5)
        assert await levels.find([A]) == {A: free}

    async def test_the_level_is_set_with_a_movement_of_the_difference(self, levels: Levels) -> None:
        """Setting 5, then 3, then 3 again leaves movements of +5 and -2."""
        await levels.set_rules(A, tracked=True, policy=StockPolicy.DENY)
        for number, on_hand in enumerate((5, 3, 3)):
            item = await levels.set_on_hand(
                A, on_hand, kind=MovementKind.ADJUSTED, reason="counted", movement_id=f"m{number}", at=NOON
            )
            assert item.on_hand == on_hand

        assert [(one.id, one.kind, one.on_hand, one.reason) for one in await movements(levels, A)] == [
            ("m1", MovementKind.ADJUSTED, -2, "counted"),
            ("m0", MovementKind.ADJUSTED, 5, "counted"),
        ]

    async def test_an_imported_figure_is_remembered(self, levels: Levels) -> None:
        """Also when it is the level already; a count by hand is not an import."""
        await stock(levels, A, 5)
        item = await levels.set_on_hand(A, 5, kind=MovementKind.IMPORTED, reason="file", movement_id="import", at=NOON)
        adjusted = await levels.adjust(A, 2, reason="found", movement_id="found", at=NOON)

        assert (item.on_hand, item.imported) == (5, 5)
        assert (adjusted.on_hand, adjusted.imported) == (7, 5)

    async def test_an_unknown_sku_is_not_found(self, levels: Levels) -> None:
        """A level must have rules before it can be filled."""
        with pytest.raises(StockItemNotFound):
            await levels.set_on_hand(A, 5, kind=MovementKind.ADJUSTED, reason="counted", movement_id="m", at=NOON)
        with pytest.raises(StockItemNotFound):
            await levels.adjust(A, 5, reason="counted", movement_id="m", at=NOON)
        assert await levels.find([A]) == {}

    async def test_an_adjustment_moves_the_level_once(self, levels: Levels) -> None:
        """The same movement a second time is a no-op, whatever it says."""
        await stock(levels, A, 5)
        first = await levels.adjust(A, -2, reason="broken", movement_id="m", at=NOON + timedelta(microseconds=1))
        again = await levels.adjust(A, -3, reason="broken", movement_id="m", at=NOON)
        set_again = await levels.set_on_hand(A, 9, kind=MovementKind.IMPORTED, reason="file", movement_id="m", at=NOON)
        nothing = await levels.adjust(A, 0, reason="looked", movement_id="n", at=NOON)

        assert first == again == set_again == nothing == StockItem(sku=A, tracked=True, on_hand=3)
        assert (await movements(levels, A))[0] == Movement(
            id="m",
            sku=A,
            kind=MovementKind.ADJUSTED,
            at=NOON + timedelta(microseconds=1),
            on_hand=-2,
            reason="broken",
        )

    @pytest.mark.parametrize("policy", StockPolicy)
    async def test_nothing_is_counted_below_zero(self, levels: Levels, policy: StockPolicy) -> None:
        """Whatever the policy: nobody counts fewer than none on a shelf."""
        await stock(levels, A, 5, policy)

        with pytest.raises(WouldOversell):
            await levels.adjust(A, -6, reason="broken", movement_id="m", at=NOON)
        with pytest.raises(WouldOversell):
            await levels.set_on_hand(A, -1, kind=MovementKind.IMPORTED, reason="file", movement_id="n", at=NOON)
        assert (await levels.find([A]))[A] == StockItem(sku=A, tracked=True, policy=policy, on_hand=5)
        assert await sums(levels, A) == (5, 0)

    async def test_what_is_promised_stays_on_hand(self, levels: Levels, reservations: Reservations) -> None:
        """Under `deny` a level does not fall below what is reserved; nor can `deny` be set where it would not hold."""
        await stock(levels, A, 5)
        await reservations.reserve(hold(OrderId("o"), [StockLine(sku=A, quantity=4)], NOON), NOON)

        with pytest.raises(WouldOversell):
            await levels.adjust(A, -2, reason="broken", movement_id="m", at=NOON)
        with pytest.raises(WouldOversell):
            await levels.set_on_hand(A, 3, kind=MovementKind.IMPORTED, reason="file", movement_id="n", at=NOON)
        assert (await levels.find([A]))[A].imported is None
        await levels.set_rules(A, tracked=True, policy=StockPolicy.CONTINUE)
        await levels.set_on_hand(A, 3, kind=MovementKind.ADJUSTED, reason="counted", movement_id="p", at=NOON)
        with pytest.raises(WouldOversell):
            await levels.set_rules(A, tracked=True, policy=StockPolicy.DENY)
        assert await level(levels, A) == await sums(levels, A) == (3, 4)

    async def test_what_was_oversold_is_counted_up(self, levels: Levels, reservations: Reservations) -> None:
        """From below zero a level rises step by step, even if it stays below."""
        await stock(levels, A, 0, StockPolicy.CONTINUE)
        await reservations.reserve(hold(OrderId("o"), [StockLine(sku=A, quantity=3)], NOON), NOON)
        await reservations.claim(OrderId("o"), NOON)
        await reservations.commit(OrderId("o"), NOON)

        assert (await levels.adjust(A, 1, reason="delivered", movement_id="m", at=NOON)).on_hand == -2
        with pytest.raises(WouldOversell):
            await levels.adjust(A, -1, reason="broken", movement_id="n", at=NOON)

    async def test_pages_hold_every_level_once(self, levels: Levels) -> None:
        """By SKU, whatever the size of the page; the movements of one level likewise, newest first."""
        skus = [Sku(f"SKU-{number:02}") for number in range(11)]
        for sku in reversed(skus):
            await stock(levels, sku, 1)
        for number in range(10):
            await levels.adjust(skus[0], 1, reason="found", movement_id=f"m{number}", at=NOON)

        seen: list[Sku] = []
        after: Position | None = None
        while len(seen) < len(skus):
            page = await levels.page(after, 4)
            seen.extend(item.sku for item in page.items)
            after = through_a_cursor(page.next_position)
        assert seen == skus
        assert after is None
        every = await movements(levels, skus[0], 3)
        assert [one.id for one in every] == [*(f"m{number}" for number in reversed(range(10))), "opening/SKU-00"]

    async def test_concurrent_adjustments_all_count(self, levels: Levels) -> None:
        """Many at the same moment: none is lost, and those below zero are refused."""
        await stock(levels, A, 10)
        work = [levels.adjust(A, -1, reason="broken", movement_id=f"m{n}", at=NOON) for n in range(15)]

        answers = await asyncio.gather(*work, return_exceptions=True)

        assert sum(isinstance(answer, WouldOversell) for answer in answers) == 5
        assert await level(levels, A) == await sums(levels, A) == (0, 0)

    async def test_an_undone_unit_leaves_nothing(self, levels: Levels, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, level and movements are as before."""
        await stock(levels, A, 5)

        async def work() -> None:
            await levels.adjust(A, 2, reason="found", movement_id="m", at=NOON)
            await levels.set_rules(B, tracked=True, policy=StockPolicy.DENY)
            assert await level(levels, A) == (7, 0)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await level(levels, A) == await sums(levels, A) == (5, 0)
        assert await levels.find([B]) == {}

    async def test_a_refusal_does_not_end_the_unit(self, levels: Levels, unit_of_work: UnitOfWork) -> None:
        """Whoever catches it within a unit of work goes on as if nothing had been asked."""
        await stock(levels, A, 5)

        async def work() -> None:
            with pytest.raises(WouldOversell):
                await levels.adjust(A, -6, reason="broken", movement_id="m", at=NOON)
            await levels.adjust(A, -5, reason="broken", movement_id="m", at=NOON)

        await unit_of_work(work)
        assert await level(levels, A) == await sums(levels, A) == (0, 0)

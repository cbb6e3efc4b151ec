"""The contract of `shopcore.inventory.ports.Levels.take_in`: many levels at once, as a file has them."""

import asyncio

import pytest

from shopcore.inventory.errors import StockItemNotFound
from shopcore.inventory.model import LevelChange, MovementKind, StockItem, StockLine, StockPolicy, hold
from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.levels import level, movements, stock, sums
from shopcore.testing.contracts.samples import NOON

A, B, C = Sku("A"), Sku("B"), Sku("C")


@pytest.mark.anyio
class LevelsFromFilesContract:
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

    async def test_a_file_is_taken_in_at_once(self, levels: Levels) -> None:
        """What is new is added and filled; what is there is changed, with a movement of the difference."""
        await stock(levels, A, 5)
        rules = (True, StockPolicy.CONTINUE)
        refused = await levels.take_in(
            [
                LevelChange(sku=A, movement_id="import/A", on_hand=7),
                LevelChange(sku=B, movement_id="import/B", rules=rules, on_hand=2),
                LevelChange(sku=C, movement_id="import/C", rules=rules),
            ],
            reason="file",
            at=NOON,
        )

        assert not refused
        assert await levels.find([A, B, C]) == {
            A: StockItem(sku=A, tracked=True, on_hand=7, imported=7),
            B: StockItem(sku=B, tracked=True, policy=StockPolicy.CONTINUE, on_hand=2, imported=2),
            C: StockItem(sku=C, tracked=True, policy=StockPolicy.CONTINUE),
        }
        newest = [(await movements(levels, sku))[0] for sku in (A, B)]
        assert [(one.id, one.kind, one.on_hand, one.reason) for one in newest] == [
            ("import/A", MovementKind.IMPORTED, 2, "file"),
            ("import/B", MovementKind.IMPORTED, 2, "file"),
        ]
        assert await movements(levels, C) == []

    async def test_a_file_that_was_taken_in_is_not_taken_again(self, levels: Levels) -> None:
        """The same movement a second time is a no-op, whatever it says; the same figure again moves nothing."""
        change = LevelChange(sku=A, movement_id="import/A", rules=(True, StockPolicy.DENY), on_hand=5)
        for again in (change, change, LevelChange(sku=A, movement_id="import/A", on_hand=9)):
            assert not await levels.take_in([again], reason="file", at=NOON)
        await levels.adjust(A, -2, reason="broken", movement_id="broken", at=NOON)
        assert not await levels.take_in([LevelChange(sku=A, movement_id="next", on_hand=3)], reason="file", at=NOON)

        assert (await levels.find([A]))[A] == StockItem(sku=A, tracked=True, on_hand=3, imported=3)
        assert [one.id for one in await movements(levels, A)] == ["broken", "import/A"]
        assert not await levels.take_in([], reason="nothing", at=NOON)

    async def test_of_a_file_only_what_would_oversell_is_refused(
        self, levels: Levels, reservations: Reservations, unit_of_work: UnitOfWork
    ) -> None:
        """By name, also in a unit, which goes on: rules stand where only the figure cannot be."""
        await stock(levels, A, 5)
        await stock(levels, B, 0, StockPolicy.CONTINUE)
        held = (StockLine(sku=A, quantity=3), StockLine(sku=B, quantity=2))
        await reservations.reserve(hold(OrderId("o"), held, NOON), NOON)
        deny, d = (True, StockPolicy.DENY), Sku("D")

        async def work() -> list[Sku]:
            return list(
                await levels.take_in(
                    [
                        LevelChange(sku=A, movement_id="import/A", on_hand=2),
                        LevelChange(sku=B, movement_id="import/B", rules=deny, on_hand=9),
                        LevelChange(sku=C, movement_id="import/C", rules=deny, on_hand=-1),
                        LevelChange(sku=d, movement_id="import/D", rules=deny, on_hand=4),
                    ],
                    reason="file",
                    at=NOON,
                )
            )

        assert await unit_of_work(work) == [A, B, C]
        assert [await level(levels, sku) for sku in (A, B, C, d)] == [(5, 3), (0, 2), (0, 0), (4, 0)]
        assert (await levels.find([C]))[C] == StockItem(sku=C, tracked=True)
        assert (await levels.find([B]))[B].policy is StockPolicy.CONTINUE

    async def test_a_file_with_a_figure_of_nothing_changes_nothing(self, levels: Levels) -> None:
        """A level must have rules before it can be filled."""
        changes = [
            LevelChange(sku=A, movement_id="import/A", rules=(True, StockPolicy.DENY), on_hand=5),
            LevelChange(sku=B, movement_id="import/B", on_hand=5),
        ]
        with pytest.raises(StockItemNotFound):
            await levels.take_in(changes, reason="file", at=NOON)

        assert await levels.find([A, B]) == {}

    async def test_files_taken_in_while_others_count_lose_nothing(self, levels: Levels) -> None:
        """Whoever is first: each figure is a movement, and the movements add up to the level."""
        await stock(levels, A, 50)
        await stock(levels, B, 50)

        async def file(number: int) -> None:
            changes = [LevelChange(sku=sku, movement_id=f"import/{number}/{sku}", on_hand=60) for sku in (B, A)]
            assert not await levels.take_in(changes, reason="file", at=NOON)

        async def counted(number: int) -> None:
            await levels.adjust(A, -1, reason="broken", movement_id=f"broken {number}", at=NOON)

        await asyncio.gather(*(act(number) for number in range(8) for act in (file, counted)))

        for sku in (A, B):
            assert await sums(levels, sku) == await level(levels, sku)
        assert sum(one.on_hand == -1 for one in await movements(levels, A)) == 8

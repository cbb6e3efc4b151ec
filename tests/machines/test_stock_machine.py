"""Stock under carts that come at the same moment: whatever they do, the figures explain each other."""

import asyncio
import sqlite3
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.levels import SqliteLevels
from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.inventory.errors import OutOfStock, ReservationLapsed, StockItemNotFound, WouldOversell
from shopcore.inventory.model import (
    HOLD,
    MovementKind,
    Reservation,
    ReservationState,
    StockItem,
    StockLine,
    StockPolicy,
    hold,
)
from shopcore.kernel.ids import OrderId, Sku
from shopcore.testing.strategies.inventory import NOON, SKUS, skus, stock_lines

T = TypeVar("T")

_OPEN = {ReservationState.HELD, ReservationState.OWNED}
_REFUSALS = (OutOfStock, ReservationLapsed, WouldOversell)
_STEPS = ("claim", "claim late", "commit", "release")


class Undone(Exception):
    """What a unit of work raises when its caller thinks better of it."""


class StockMachine(RuleBasedStateMachine):
    """Buyers and a merchant on one store. `shelf` is what the merchant counted; orders take from it."""

    adapter: ClassVar[type[SqliteReservations]] = SqliteReservations

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = self.run(Database.open())
        self.unit_of_work = SqliteUnitOfWork(self.database)
        self.levels = SqliteLevels(self.database)
        self.reservations = self.adapter(self.database)
        self.shelf = dict.fromkeys(SKUS, 0)
        self.orders: list[OrderId] = []
        self.counts = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Drive a coroutine from a rule."""
        return self.runner.run(work)

    def at_once(self, work: Sequence[Coroutine[Any, Any, object]]) -> None:
        """Run all at the same moment; each may be refused, none may fail otherwise."""

        async def gathered() -> list[object]:
            return await asyncio.gather(*work, return_exceptions=True)

        for answer in self.run(gathered()):
            if isinstance(answer, BaseException) and not isinstance(answer, _REFUSALS):
                raise answer

    def teardown(self) -> None:
        """Close the store and the loop."""
        self.run(self.database.close())
        self.runner.close()

    @initialize(on_hand=st.lists(st.integers(0, 12), min_size=4, max_size=4))
    def open_shop(self, on_hand: list[int]) -> None:
        """Two SKUs are counted strictly, one may be oversold, one has no level at all."""
        for sku, policy in ((SKUS[0], StockPolicy.DENY), (SKUS[1], StockPolicy.DENY), (SKUS[2], StockPolicy.CONTINUE)):
            self.run(self.levels.set_rules(sku, tracked=True, policy=policy))
            self.count(sku, on_hand[SKUS.index(sku)])

    @rule(carts=st.lists(stock_lines(), min_size=1, max_size=6))
    def reserve(self, carts: list[list[StockLine]]) -> None:
        """Carts check out at the same moment."""
        new = [OrderId(f"o{len(self.orders) + number}") for number in range(len(carts))]
        self.orders.extend(new)
        self.at_once(
            [
                self.reservations.reserve(hold(order_id, lines, NOON), NOON)
                for order_id, lines in zip(new, carts, strict=True)
            ]
        )

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Orders take steps at the same moment, some of them the same order, in any order."""
        if not self.orders:
            return
        steps = st.lists(st.tuples(st.sampled_from(self.orders), st.sampled_from(_STEPS)), min_size=1, max_size=6)
        self.at_once([self._step(*one) for one in data.draw(steps)])

    @rule(data=st.data(), lines=stock_lines())
    def undo(self, data: st.DataObject, lines: list[StockLine]) -> None:
        """A unit of work takes steps, and is undone."""
        given_back = data.draw(st.sampled_from(self.orders)) if self.orders else OrderId("unknown")

        async def work() -> None:
            await self.reservations.release(given_back, NOON)
            await self.reservations.reserve(hold(OrderId("undone"), lines, NOON), NOON)
            raise Undone

        with pytest.raises((Undone, OutOfStock)):
            self.run(self.unit_of_work(work))

    @rule(sku=skus(), by=st.integers(-6, 6))
    def adjust(self, sku: Sku, by: int) -> None:
        """The merchant finds or loses units."""
        try:
            self.run(self.levels.adjust(sku, by, reason="found", movement_id=self._movement(), at=NOON))
        except (StockItemNotFound, WouldOversell):
            return
        self.shelf[sku] += by

    @rule(sku=st.sampled_from(SKUS[:3]), tracked=st.booleans(), policy=st.sampled_from(StockPolicy))
    def set_rules(self, sku: Sku, tracked: bool, policy: StockPolicy) -> None:
        """The merchant changes the rules in the middle of it all."""
        self.at_once([self.levels.set_rules(sku, tracked=tracked, policy=policy)])

    @invariant()
    def movements_sum_to_the_level(self) -> None:
        """Of every SKU, in both figures."""
        for sku, item in self._items().items():
            page = self.run(self.levels.movements(sku, None, 10_000))
            assert sum(one.on_hand for one in page.items) == item.on_hand
            assert sum(one.reserved for one in page.items) == item.reserved

    @invariant()
    def nothing_is_oversold(self) -> None:
        """Where it is forbidden, nothing is promised that is not on hand."""
        for item in self._items().values():
            if item.tracked and item.policy is StockPolicy.DENY:
                assert 0 <= item.reserved <= item.on_hand

    @invariant()
    def figures_are_what_orders_and_merchant_did(self) -> None:
        """Reserved is what open reservations hold; on hand is what was counted, less what orders took."""
        open_units, taken_units = dict.fromkeys(SKUS, 0), dict.fromkeys(SKUS, 0)
        for reservation, line in self._counted_lines():
            open_units[line.sku] += line.quantity if reservation.state in _OPEN else 0
            taken_units[line.sku] += line.quantity if reservation.state is ReservationState.COMMITTED else 0
        for sku, item in self._items().items():
            assert item.reserved == open_units[sku]
            assert item.on_hand == self.shelf[sku] - taken_units[sku]

    def count(self, sku: Sku, on_hand: int) -> None:
        """Set a level."""
        work = self.levels.set_on_hand(
            sku, on_hand, kind=MovementKind.ADJUSTED, reason="counted", movement_id=self._movement(), at=NOON
        )
        self.run(work)
        self.shelf[sku] = on_hand

    async def _step(self, order_id: OrderId, step: str) -> None:
        match step:
            case "claim":
                await self.reservations.claim(order_id, NOON)
            case "claim late":
                await self.reservations.claim(order_id, NOON + HOLD)
            case "commit":
                await self.reservations.commit(order_id, NOON)
            case _:
                await self.reservations.release(order_id, NOON)

    def _movement(self) -> str:
        self.counts += 1
        return f"count-{self.counts}"

    def _items(self) -> Mapping[Sku, StockItem]:
        return self.run(self.levels.find(SKUS))

    def _counted_lines(self) -> list[tuple[Reservation, StockLine]]:
        """The lines of all reservations that moved a level: those of untracked SKUs do not."""
        moved = {
            (one.order_id, sku)
            for sku in SKUS
            for one in self.run(self.levels.movements(sku, None, 10_000)).items
            if one.kind is MovementKind.RESERVED
        }
        found = [self.run(self.reservations.get(order_id)) for order_id in self.orders]
        return [
            (reservation, line)
            for reservation in found
            if reservation is not None
            for line in reservation.lines
            if (reservation.id, line.sku) in moved
        ]


class UnguardedReservations(SqliteReservations):
    """The planted bug: it takes units without looking, on a store whose CHECKs are switched off."""

    async def reserve(self, reservation: Reservation, at: datetime) -> None:
        """Write everything, whatever is there."""

        def statement(connection: sqlite3.Connection) -> None:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            row = (reservation.id, reservation.state)
            connection.execute("INSERT OR IGNORE INTO reservations VALUES (?, ?, 2000000000000000)", row)
            for line in reservation.lines:
                connection.execute(_TAKE_BLINDLY, (reservation.id, line.sku, line.quantity))
                connection.execute(_ADD_LINE, (reservation.id, line.sku, line.quantity))

        await self._database.write(statement)


_TAKE_BLINDLY = """
INSERT OR IGNORE INTO stock_movements (id, sku, kind, at, on_hand, reserved, order_id)
SELECT ?1 || '/' || sku || '/reserved', sku, 'reserved', 0, 0, ?3, ?1 FROM stock_levels WHERE sku = ?2
"""
_ADD_LINE = "INSERT OR IGNORE INTO reservation_lines VALUES (?, ?, ?, 1)"


class TwiceReleasingReservations(SqliteReservations):
    """The planted bug: a release runs twice, on a store whose CHECKs are switched off."""

    async def release(self, order_id: OrderId, at: datetime) -> None:
        """Release it, and give the same units back once more."""

        def again(connection: sqlite3.Connection) -> None:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute(_GIVE_BACK_AGAIN, (order_id,))

        await super().release(order_id, at)
        await self._database.write(again)


_GIVE_BACK_AGAIN = """
INSERT OR IGNORE INTO stock_movements (id, sku, kind, at, on_hand, reserved, order_id)
SELECT order_id || '/' || sku || '/again', sku, 'released', 0, 0, -quantity, order_id
FROM reservation_lines WHERE order_id = ? AND counted = 1
"""

_SEARCH = settings(
    max_examples=500,
    stateful_step_count=10,
    phases=(Phase.generate,),
    database=None,
    deadline=None,
    verbosity=Verbosity.quiet,
)


@pytest.mark.parametrize("planted", [UnguardedReservations, TwiceReleasingReservations])
def test_the_machine_finds_planted_bugs(planted: type[SqliteReservations]) -> None:
    """Neither an oversell nor a second release goes unnoticed by the invariants, even where no CHECK refuses them."""
    machine = type("PlantedMachine", (StockMachine,), {"adapter": planted})

    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=_SEARCH)
    assert {entry.name for entry in found.traceback} & {
        "nothing_is_oversold",
        "figures_are_what_orders_and_merchant_did",
    }


TestStock = StockMachine.TestCase
TestStock.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)

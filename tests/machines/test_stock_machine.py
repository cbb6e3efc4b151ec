"""The stock machine on SQLite, and the bugs that it finds there."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.machines.stock_machine import SEARCH, Stock, StockMachine

from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.levels import SqliteLevels
from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.inventory.model import Reservation
from shopcore.kernel.ids import OrderId


class SqliteMachine(StockMachine):
    """On a store in memory."""

    adapter: ClassVar[type[SqliteReservations]] = SqliteReservations

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[Stock]:
        database = await Database.open()
        try:
            yield Stock(SqliteUnitOfWork(database), SqliteLevels(database), self.adapter(database))
        finally:
            await database.close()


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


@pytest.mark.parametrize("planted", [UnguardedReservations, TwiceReleasingReservations])
def test_the_machine_finds_planted_bugs(planted: type[SqliteReservations]) -> None:
    """Neither an oversell nor a second release goes unnoticed by the invariants, even where no CHECK refuses them."""
    machine = type("PlantedMachine", (SqliteMachine,), {"adapter": planted})

    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=SEARCH)
    assert {entry.name for entry in found.traceback} & {
        "nothing_is_oversold",
        "figures_are_what_orders_and_merchant_did",
    }


TestStock = SqliteMachine.TestCase
TestStock.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)

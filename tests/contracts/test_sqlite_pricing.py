"""Price rules on SQLite, while somebody writes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from shopcore.adapters.sqlite.connections import connect
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.pricing_rules import SqlitePriceRules, SqliteShippingMethods, SqliteTaxRates
from shopcore.testing.contracts.pricing_rules import EXPRESS, STANDARD, VAT

pytestmark = pytest.mark.anyio

T = TypeVar("T")


class Interrupted(Database):
    """While one looks here, another takes all rules away after each statement."""

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """As any other does."""
        return await super().read(lambda connection: query(cast(sqlite3.Connection, Between(connection, self.path))))


class Between:
    """A connection that waits for another to write after each statement."""

    def __init__(self, connection: sqlite3.Connection, path: Path | str) -> None:
        self._connection = connection
        self._path = path

    def execute(self, *asked: Any) -> sqlite3.Cursor:
        """What it finds was there before the other wrote."""
        found = self._connection.execute(*asked)
        with closing(connect(self._path)) as other:
            other.executescript("BEGIN; DELETE FROM tax_rates; DELETE FROM shipping_methods; COMMIT")
        return found


async def test_all_rules_are_of_one_moment(tmp_path: Path) -> None:
    """Never the methods of before with the rates of after."""
    database = await Interrupted.open(tmp_path / "shop.db")
    await SqliteShippingMethods(database).put(EXPRESS)
    await SqliteTaxRates(database).put(VAT)
    first = await SqlitePriceRules(database).everything()
    second = await SqlitePriceRules(database).everything()
    await database.close()

    assert (first.shipping_methods, first.tax_rates) == ((STANDARD, EXPRESS), (VAT,))
    assert (second.shipping_methods, second.tax_rates) == ((), ())

"""What the schema refuses whatever the code does: an oversell, a level without its movement, history rewritten."""

import sqlite3
from collections.abc import Iterator

import pytest

from shopcore.adapters.sqlite.connections import MEMORY, connect
from shopcore.adapters.sqlite.migrations import migrate

_MOVE = """
INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved) VALUES (?, ?, 'adjusted', 0, ?, ?)
"""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """Three SKUs with five on hand each: `deny`, `continue`, and one that is not tracked."""
    opened = connect(MEMORY)
    migrate(opened)
    for sku, tracked, policy in (("deny", 1, "deny"), ("continue", 1, "continue"), ("untracked", 0, "deny")):
        opened.execute("INSERT INTO stock_levels (sku, tracked, policy) VALUES (?, ?, ?)", (sku, tracked, policy))
        opened.execute(_MOVE, (f"opening/{sku}", sku, 5, 0))
    yield opened
    opened.close()


def levels(connection: sqlite3.Connection, sku: str) -> tuple[int, int]:
    """On hand and reserved."""
    row: tuple[int, int] = connection.execute(
        "SELECT on_hand, reserved FROM stock_levels WHERE sku = ?", (sku,)
    ).fetchone()
    return row


@pytest.mark.parametrize(("on_hand", "reserved"), [(0, 6), (-6, 0), (-3, 3), (0, -1)])
def test_an_oversell_is_refused(connection: sqlite3.Connection, on_hand: int, reserved: int) -> None:
    """More reserved than on hand, less than nothing on hand, or units owed: the movement is not written either."""
    with pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed: never_o"):
        connection.execute(_MOVE, ("m", "deny", on_hand, reserved))

    assert levels(connection, "deny") == (5, 0)
    assert connection.execute("SELECT count(*) FROM stock_movements WHERE sku = 'deny'").fetchone() == (1,)


@pytest.mark.parametrize("sku", ["continue", "untracked"])
def test_what_may_be_oversold_may(connection: sqlite3.Connection, sku: str) -> None:
    """But it is never owed units, and cannot be made `deny` and tracked while it is oversold."""
    connection.execute(_MOVE, ("m", sku, -6, 2))

    assert levels(connection, sku) == (-1, 2)
    with pytest.raises(sqlite3.IntegrityError, match="never_oversold"):
        connection.execute("UPDATE stock_levels SET tracked = 1, policy = 'deny' WHERE sku = ?", (sku,))
    with pytest.raises(sqlite3.IntegrityError, match="never_owed_units"):
        connection.execute(_MOVE, ("n", sku, 0, -3))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock_movements SET on_hand = 6 WHERE id = 'opening/deny'",
        "DELETE FROM stock_movements WHERE id = 'opening/deny'",
        "REPLACE INTO stock_movements VALUES (NULL, 'opening/deny', 'deny', 'adjusted', 0, 1, 0, NULL, NULL)",
        "INSERT INTO stock_movements VALUES (NULL, 'opening/deny', 'deny', 'adjusted', 0, 1, 0, NULL, NULL)",
        "INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved) VALUES ('m', 'none', 'adjusted', 0, 1, 0)",
        "INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved) VALUES ('m', 'deny', 'adjusted', 0, 0, 0)",
        "INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved) VALUES ('m', 'deny', 'lost', 0, 1, 0)",
        "INSERT INTO stock_levels (sku, tracked, policy, on_hand) VALUES ('new', 1, 'deny', 5)",
        "DELETE FROM stock_levels WHERE sku = 'deny'",
        "REPLACE INTO stock_levels (sku, tracked, policy) VALUES ('deny', 1, 'deny')",
    ],
)
def test_history_is_not_rewritten(connection: sqlite3.Connection, statement: str) -> None:
    """Movements are appended, each once, for a known SKU; levels start empty and stay."""
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)

    assert levels(connection, "deny") == (5, 0)


def test_a_movement_moves_its_level(connection: sqlite3.Connection) -> None:
    """In the same statement, so that no code can write one without the other."""
    connection.execute(_MOVE, ("m", "deny", -1, 3))

    assert levels(connection, "deny") == (4, 3)

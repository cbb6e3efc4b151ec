"""The step that makes the journal anew: whatever stands in it is there afterwards, and as well guarded."""

import sqlite3
from collections.abc import Iterator

import pytest

from shopcore.adapters.sqlite.connections import MEMORY, connect
from shopcore.adapters.sqlite.migrations import steps

_STEP = 12
_POSTING = '{{"account":"{}","amount":{{"amount":{},"currency":"USD"}}}}'
_POSTINGS = f"[{_POSTING.format('clearing', 5)},{_POSTING.format('receivable', -5)}]"
_UNBALANCED = f"[{_POSTING.format('fee', 5)}]"
_PAYMENT = "INSERT INTO payments (id, order_id, state, version, updated_at, body) VALUES (?, ?, 'succeeded', 1, 1, ?)"
_ENTRY = "INSERT INTO journal_entries (key, at, order_id, payment_id, postings) VALUES (?, 1, 'o', 'p', ?)"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A file as it was before: a payment at a gateway, its sale, what it took, what it gave back."""
    opened = connect(MEMORY)
    for number, statements in steps():
        if number < _STEP:
            opened.executescript("\n".join(statements))
    opened.execute("PRAGMA foreign_keys = OFF")
    opened.execute(_PAYMENT, ("p", "o", b'{"gateway":"stripe"}'))
    for key in ("sale/o", "paid/p", "refund/r"):
        opened.execute(_ENTRY, (key, _POSTINGS))
    opened.execute("PRAGMA foreign_keys = ON")
    yield opened
    opened.close()


def test_the_journal_is_as_it_was_and_knows_its_gateways(connection: sqlite3.Connection) -> None:
    before = connection.execute("SELECT seq, key, at, order_id, payment_id, postings FROM journal_entries").fetchall()
    posted = connection.execute("SELECT * FROM postings ORDER BY entry, position").fetchall()
    connection.executescript("\n".join(dict(steps())[_STEP]))

    after = connection.execute("SELECT seq, key, at, order_id, payment_id, postings FROM journal_entries").fetchall()
    assert after == before
    assert connection.execute("SELECT * FROM postings ORDER BY entry, position").fetchall() == posted
    gateways = connection.execute("SELECT gateway FROM journal_entries ORDER BY seq").fetchall()
    assert gateways == [(None,), ("stripe",), ("stripe",)]


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE postings SET amount = 0", "the ledger is append-only"),
        ("DELETE FROM postings", "the ledger is append-only"),
        ("UPDATE journal_entries SET gateway = 'bogus'", "the ledger is append-only"),
        ("DELETE FROM journal_entries", "the ledger is append-only"),
        ("INSERT INTO postings VALUES (1, 2, 'fee', 'USD', 5)", "a posting comes with its entry"),
        (_ENTRY.replace("(?, 1, 'o', 'p', ?)", f"('k', 1, 'o', 'p', '{_UNBALANCED}')"), "sums to zero"),
    ],
)
def test_it_refuses_what_it_refused(connection: sqlite3.Connection, statement: str, refusal: str) -> None:
    connection.executescript("\n".join(dict(steps())[_STEP]))

    with pytest.raises(sqlite3.IntegrityError, match=refusal):
        connection.execute(statement)

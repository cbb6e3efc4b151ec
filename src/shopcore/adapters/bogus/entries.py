"""The statements on the books: plain functions on a connection, each for one transaction."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.adapters.bogus.accounts import Charge, Notice, movement_of, refund_of, settled
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import OPEN, Movement, PaymentState
from shopcore.payments.ports import RefundReport

_ADD = "INSERT INTO charges (key, id, state, amount, seen, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_BY_KEY = "SELECT body, state, refunded FROM charges WHERE key = ?"
_BY_ID = "SELECT body, state, refunded FROM charges WHERE id = ?"
_ALL = "SELECT body, state, refunded FROM charges WHERE seen ORDER BY id"
_SET_STATE = "UPDATE charges SET state = ?, body = ? WHERE key = ?"
_SET_AMOUNT = "UPDATE charges SET amount = ? WHERE key = ?"
_SAY = "INSERT INTO deliveries (charge, body, due_at) VALUES (?, ?, ?)"
_UNSAY = "DELETE FROM deliveries WHERE charge = ? AND NOT delivered"
_REFUND_OF = "SELECT done FROM refunds WHERE key = ?"
_ADD_REFUND = "INSERT INTO refunds (key, charge, amount, done, at) VALUES (?, ?, ?, ?, ?)"
_REFUNDS = "SELECT charge, key, amount, at FROM refunds WHERE done ORDER BY key"
_TAKE_BACK = "UPDATE charges SET refunded = refunded + ? WHERE key = ? AND refunded + ? <= amount"

News = Sequence[tuple[datetime, Notice]]


def add(connection: sqlite3.Connection, charge: Charge, news: News) -> tuple[Charge, bool]:
    """Write a charge and its news, unless its key is known: then answer the first one, and False."""
    body = msgspec.json.encode(charge)
    row = (charge.key, charge.id, charge.state, charge.amount.amount, charge.seen, body)
    if connection.execute(_ADD, row).rowcount == 0:
        return _known(connection, charge.key), False
    say(connection, charge.key, news)
    return charge, True


def by_key(connection: sqlite3.Connection, key: str) -> Charge | None:
    """The charge under an idempotency key."""
    return _charge(connection.execute(_BY_KEY, (key,)).fetchone())


def by_id(connection: sqlite3.Connection, charge_id: str) -> Charge | None:
    """The charge with the bank's own id."""
    return _charge(connection.execute(_BY_ID, (charge_id,)).fetchone())


def every(connection: sqlite3.Connection) -> Sequence[Charge]:
    """All charges that somebody began, oldest first."""
    return [charge for row in connection.execute(_ALL) if (charge := _charge(row)) is not None]


def movements(connection: sqlite3.Connection, now: datetime) -> Sequence[Movement]:
    """Everything that was taken and given back."""
    taken = [charge for one in every(connection) if (charge := settled(one, now)).state is PaymentState.SUCCEEDED]
    charges = {charge.key: charge for charge in taken}
    refunds = connection.execute(_REFUNDS).fetchall()
    return [
        *map(movement_of, taken),
        *(
            refund_of(charges[key], refund_id, amount, _EPOCH + timedelta(microseconds=at))
            for key, refund_id, amount, at in refunds
        ),
    ]


def void(connection: sqlite3.Connection, tombstone: Charge, now: datetime) -> Charge:
    """End what may still take money, and what it would have said; burn the key of what was never seen."""
    charge, new = add(connection, tombstone, ())
    charge = settled(charge, now)
    if new or charge.state not in {*OPEN, PaymentState.AUTHORIZED}:
        return charge
    connection.execute(_UNSAY, (charge.key,))
    return move(connection, charge, PaymentState.VOIDED, None)


def capture(connection: sqlite3.Connection, key: str, amount: Money | None, now: datetime) -> Charge | None:
    """Take what is held under a key, or so much of it; a charge in any other state stays as it is."""
    charge = by_key(connection, key)
    if charge is None:
        return None
    charge = settled(charge, now)
    if charge.state is not PaymentState.AUTHORIZED:
        return charge
    if amount is not None:
        charge = msgspec.structs.replace(charge, amount=amount)
        connection.execute(_SET_AMOUNT, (amount.amount, key))
    return move(connection, msgspec.structs.replace(charge, taken_at=now), PaymentState.SUCCEEDED, None)


def move(connection: sqlite3.Connection, charge: Charge, state: PaymentState, failure: str | None) -> Charge:
    """Write a charge's new state."""
    moved = msgspec.structs.replace(charge, state=state, failure=failure)
    connection.execute(_SET_STATE, (state, msgspec.json.encode(moved), charge.key))
    return moved


def say(connection: sqlite3.Connection, key: str, news: News) -> None:
    """Write webhooks down, to be delivered when they are due."""
    rows = [(key, msgspec.json.encode(notice), microseconds(at)) for at, notice in news]
    connection.executemany(_SAY, rows)


def refund(
    connection: sqlite3.Connection, charge: Charge | None, refund_id: RefundId, amount: int, now: datetime
) -> RefundReport:
    """Give money back once per key, never more than was taken. The first answer is the answer for good."""
    known = connection.execute(_REFUND_OF, (refund_id,)).fetchone()
    if known is not None:
        return _refund_report(refund_id, done=bool(known[0]))
    if charge is None:
        return _refund_report(refund_id, done=False)
    taken = settled(charge, now).state is PaymentState.SUCCEEDED and amount > 0
    done = taken and connection.execute(_TAKE_BACK, (amount, charge.key, amount)).rowcount == 1
    connection.execute(_ADD_REFUND, (refund_id, charge.key, amount, done, microseconds(now)))
    return _refund_report(refund_id, done=done)


def microseconds(at: datetime) -> int:
    """Since the epoch, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _refund_report(refund_id: RefundId, *, done: bool) -> RefundReport:
    return RefundReport(refund_id=refund_id, done=done, failure=None if done else "nothing left to refund")


def _known(connection: sqlite3.Connection, key: str) -> Charge:
    charge = by_key(connection, key)
    assert charge is not None, "a key that conflicts is there"
    return charge


def _charge(row: tuple[bytes, str, int] | None) -> Charge | None:
    if row is None:
        return None
    body, state, refunded = row
    return msgspec.structs.replace(msgspec.json.decode(body, type=Charge), state=PaymentState(state), refunded=refunded)

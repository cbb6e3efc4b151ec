"""Everything in a shop's file that its keys were used for, while it sells."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import msgspec

from shopcore.adapters.sqlite.constraints import all_or_nothing
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.emails import take
from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.adapters.sqlite.messages import refile_troubles
from shopcore.identity.model import Account
from shopcore.kernel.address import Contact
from shopcore.kernel.sealing import Sealer
from shopcore.messages.model import RECIPIENT
from shopcore.privacy.model import HeldKeys, Place, Tally

Row: TypeAlias = tuple[Any, ...]

_WHAT: Mapping[Place, str] = {
    Place.ACCOUNTS: "account",
    Place.SESSIONS: "session",
    Place.CARTS: "contact",
    Place.ORDERS: "contact",
    Place.PAYMENTS: "secrets",
    Place.CLAIMS: "outcome",
    Place.ENDPOINTS: "secrets",
}
"""What a value of each place is called in the context that it is sealed for."""

_HELD = "SELECT body FROM held_keys"
_HOLD = "INSERT OR REPLACE INTO held_keys (single, index_keys, body) VALUES (1, ?, ?)"
_IS_NEW = "SELECT NOT EXISTS (SELECT 1 FROM accounts) AND NOT EXISTS (SELECT 1 FROM orders)"
_ENTRIES = "SELECT email, key FROM account_emails WHERE account_id = ?"
_REINDEX_ORDER = "UPDATE orders SET email = ? WHERE id = ?"
_REINDEX_USE = "UPDATE coupon_redemptions SET customer = ? WHERE order_id = ? AND code = ?"
_DROP = "DELETE FROM account_emails WHERE account_id = ? AND key NOT IN (SELECT value FROM json_each(?))"
_USES = """
SELECT order_id || '/' || code AS key, orders.sealed, customer, order_id, code
FROM coupon_redemptions JOIN orders ON orders.id = order_id
WHERE (order_id, code) > (?, ?) ORDER BY order_id, code LIMIT ?
"""
_UNKNOWN = "unknown"

_encode = msgspec.json.Encoder().encode
_held = msgspec.json.Decoder(HeldKeys).decode
_account = msgspec.json.Decoder(Account).decode
_contact = msgspec.json.Decoder(Contact).decode


class SqliteVault:
    """The sealed values and blind indexes of one file. Each batch is one transaction of the one writer."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def held(self) -> HeldKeys:
        """See the port."""
        return await self._database.read(_read_held)

    async def note(self, change: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
        """See the port. There is one writer, and whoever adds an account looks at the note in their transaction."""

        def statement(connection: sqlite3.Connection) -> HeldKeys:
            new = change(_read_held(connection))
            connection.execute(_HOLD, (_encode(new.index).decode(), _encode(new)))
            return new

        return await self._database.write(statement)

    async def is_new(self) -> bool:
        """See the port."""
        return await self._database.read(lambda connection: bool(connection.execute(_IS_NEW).fetchone()[0]))

    async def renew(self, place: Place, after: str, limit: int) -> Sequence[str]:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> Sequence[str]:
            rows = _rows(connection, place, after, limit)
            with all_or_nothing(connection):
                for row in rows:
                    self._renew(connection, place, row)
            return [row[0] for row in rows]

        return await self._database.write(statement)

    async def tally(self, place: Place, after: str, limit: int) -> Tally:
        """See the port."""
        return await self._database.scan(partial(self._tally, place=place, after=after, limit=limit))

    def _renew(self, connection: sqlite3.Connection, place: Place, row: Row) -> None:
        key, sealed = row[0], row[1]
        if place is Place.REDEMPTIONS:
            self._renew_use(connection, row)
            return
        if sealed is None:
            return
        plain = self._sealer.unseal(sealed, _context(place, key))
        if self._sealer.sealed_with(sealed) != self._sealer.sealing_keys[0]:
            again = self._sealer.seal(plain, _context(place, key))
            connection.execute(f"UPDATE {place} SET sealed = ? WHERE {_key_of(place)} = ?", (again, key))
        if place in {Place.ACCOUNTS, Place.ORDERS} and (address := _address_in(place, plain)) is not None:
            refile_troubles(connection, self._sealer.blind_indexes(address, RECIPIENT))
        if place is Place.ACCOUNTS:
            take(connection, self._sealer, key, _account(plain).email)
            connection.execute(_DROP, (key, key_list(self._sealer.index_keys)))
        elif place is Place.ORDERS and (email := _contact(plain).email) is not None:
            index = self._sealer.blind_index(email, "orders/email")
            if index != row[2]:
                connection.execute(_REINDEX_ORDER, (index, key))

    def _renew_use(self, connection: sqlite3.Connection, row: Row) -> None:
        _, _, customer, order_id, code = row
        email = self._buyer(row)
        if email is not None:
            index = self._sealer.blind_index(email, "coupons")
        else:
            index = "" if len(self._sealer.index_keys) > 1 else customer
        if index != customer:
            connection.execute(_REINDEX_USE, (index, order_id, code))

    def _buyer(self, row: Row) -> str | None:
        """The address behind a use of a coupon, which the order knows unless its buyer was forgotten."""
        _, sealed, _, order_id, _ = row
        return None if sealed is None else _contact(self._sealer.unseal(sealed, _context(Place.ORDERS, order_id))).email

    def _tally(self, connection: sqlite3.Connection, *, place: Place, after: str, limit: int) -> Tally:
        rows = _rows(connection, place, after, limit)
        sealing, index = Counter[str](), Counter[str]()
        for row in rows:
            if row[1] is not None and place is not Place.REDEMPTIONS:
                sealing[self._sealer.sealed_with(row[1])] += 1
            found_by = self._found_by(connection, place, row)
            if found_by is not None:
                index[found_by] += 1
        return Tally(last=rows[-1][0] if rows else None, sealing=sealing, index=index)

    def _found_by(self, connection: sqlite3.Connection, place: Place, row: Row) -> str | None:
        """The first key by which a row is found; None where none has to."""
        match place:
            case Place.ACCOUNTS:
                there = {key for _, key in connection.execute(_ENTRIES, (row[0],))}
                return next((key for key in (*self._sealer.index_keys, *sorted(there)) if key in there), _UNKNOWN)
            case Place.ORDERS if row[2] is not None and row[1] is not None:
                email = _contact(self._sealer.unseal(row[1], _context(place, row[0]))).email
                return self._named(row[2], email or "", "orders/email")
            case Place.REDEMPTIONS if (email := self._buyer(row)) is not None:
                return self._named(row[2], email, "coupons")
            case _:
                return None

    def _named(self, stored: str, email: str, context: str) -> str:
        indexes = self._sealer.blind_indexes(email, context)
        return self._sealer.index_keys[indexes.index(stored)] if stored in indexes else _UNKNOWN


def _rows(connection: sqlite3.Connection, place: Place, after: str, limit: int) -> list[Row]:
    """Each row's key, what is sealed of it, and what it is found by."""
    if place is Place.REDEMPTIONS:
        order_id, _, code = after.partition("/")  # no order's id has one in it
        return connection.execute(_USES, (order_id, code, limit)).fetchall()
    key, found_by = _key_of(place), "email" if place is Place.ORDERS else "NULL"
    query = f"SELECT {key}, sealed, {found_by} FROM {place} WHERE {key} > ? ORDER BY {key} LIMIT ?"
    return connection.execute(query, (after, limit)).fetchall()


def _address_in(place: Place, plain: bytes) -> str | None:
    return _account(plain).email if place is Place.ACCOUNTS else _contact(plain).email


def _read_held(connection: sqlite3.Connection) -> HeldKeys:
    row = connection.execute(_HELD).fetchone()
    return HeldKeys() if row is None else _held(row[0])


def _key_of(place: Place) -> str:
    return "key" if place is Place.CLAIMS else "id"


def _context(place: Place, key: str) -> str:
    return f"{place}/{key}/{_WHAT[place]}"

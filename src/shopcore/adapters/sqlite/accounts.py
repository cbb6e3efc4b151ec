"""Accounts in SQLite, sealed whole; an address is looked up by its blind indexes, in a table of its own."""

import sqlite3
from collections.abc import Callable
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, all_or_nothing, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.emails import free, indexes, require_keys, take
from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.identity.errors import AccountNotFound, PasskeyTaken
from shopcore.identity.model import Account
from shopcore.identity.model.accounts import unverified_since
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealing import Sealer, token_hash

_ADD = """
INSERT INTO accounts (id, version, unverified_since, sealed) VALUES (:id, :version, :unverified_since, :sealed)
"""
_REPLACE = """
UPDATE accounts SET version = :version, unverified_since = :unverified_since, undated = 0, sealed = :sealed
WHERE id = :id
"""
_GET = "SELECT id, sealed FROM accounts WHERE id = ?"
_FIND_BY_INDEXES = """
SELECT id, sealed FROM account_emails JOIN accounts ON id = account_id
WHERE email IN (SELECT value FROM json_each(?)) LIMIT 1
"""
_PAGE = "SELECT id, sealed FROM accounts WHERE id < ? ORDER BY id DESC LIMIT ?"
_AFTER_EVERY_ID = "~"  # sorts after every letter and digit
_UNVERIFIED = "SELECT id FROM accounts WHERE unverified_since <= ? ORDER BY unverified_since LIMIT ?"
_UNDATED = "SELECT id, sealed FROM accounts WHERE undated = 1 LIMIT ?"
_DATE = "UPDATE accounts SET unverified_since = ?, undated = 0 WHERE id = ?"
_REMOVE = "DELETE FROM accounts WHERE id = ?"
_ADD_PASSKEY = "INSERT INTO passkeys (credential, account_id) VALUES (?, ?)"
_REMOVE_PASSKEY = "DELETE FROM passkeys WHERE credential = ?"

_REFUSALS: Refusals = {"UNIQUE constraint failed: passkeys.credential": lambda _: PasskeyTaken()}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Account).decode


class SqliteAccounts:
    """Accounts by id and by e-mail address."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def add(self, account: Account) -> None:
        """See the port."""
        row = self._columns(account)

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, account.id), all_or_nothing(connection):
                require_keys(connection, self._sealer)
                take(connection, self._sealer, account.id, account.email)
                connection.execute(_ADD, row)
                _move_passkeys(connection, account.id, frozenset(), _credentials(account))

        await self._database.write(statement)

    async def update(self, customer_id: CustomerId, change: Callable[[Account], Account]) -> Account:
        """See the port."""
        return await self._database.write(lambda connection: self._update(connection, customer_id, change))

    async def get(self, customer_id: CustomerId) -> Account:
        """See the port."""
        found = await self._find(_GET, customer_id)
        if found is None:
            raise AccountNotFound
        return found

    async def find_by_email(self, email: str) -> Account | None:
        """See the port."""
        return await self._find(_FIND_BY_INDEXES, key_list(indexes(self._sealer, email)))

    def key_of(self, email: str) -> str:
        """See the port."""
        return ".".join(indexes(self._sealer, email))

    async def find_by_key(self, key: str) -> Account | None:
        """See the port."""
        return await self._find(_FIND_BY_INDEXES, key_list(key.split(".")))

    async def page(self, before: Position | None, limit: int) -> Slice[Account]:
        """See the port."""
        key = (before[0] if before else _AFTER_EVERY_ID), limit + 1
        rows = await self._database.scan(lambda connection: connection.execute(_PAGE, key).fetchall())
        items = [self._account(*row) for row in rows[:limit]]
        return Slice(items=items, next_position=(items[-1].id,) if len(rows) > limit else None)

    async def remove(self, customer_id: CustomerId) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            free(connection, customer_id)
            connection.execute(_REMOVE, (customer_id,))

        await self._database.write(statement)

    async def date_waiting(self, limit: int) -> int:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> int:
            found = [self._account(*row) for row in connection.execute(_UNDATED, (limit,)).fetchall()]
            connection.executemany(_DATE, [(_waits_since(account), account.id) for account in found])
            return len(found)

        return await self._database.write(statement)

    async def remove_unverified(self, until: datetime, limit: int) -> int:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> int:
            found = connection.execute(_UNVERIFIED, (to_micros(until), limit)).fetchall()
            for (account_id,) in found:
                free(connection, account_id)
                connection.execute(_REMOVE, (account_id,))
            return len(found)

        return await self._database.write(statement)

    async def _find(self, query: str, key: str) -> Account | None:
        row = await self._database.read(lambda connection: connection.execute(query, (key,)).fetchone())
        return None if row is None else self._account(*row)

    def _update(
        self, connection: sqlite3.Connection, customer_id: CustomerId, change: Callable[[Account], Account]
    ) -> Account:
        row = connection.execute(_GET, (customer_id,)).fetchone()
        if row is None:
            raise AccountNotFound
        old = self._account(*row)
        changed = change(old)
        if changed == old:
            return old
        new = msgspec.structs.replace(changed, id=old.id, version=old.version + 1)
        columns = self._columns(new)
        with refusing(_REFUSALS, new.id), all_or_nothing(connection):
            if new.email != old.email:
                require_keys(connection, self._sealer)
                free(connection, new.id)
                take(connection, self._sealer, new.id, new.email)
            _move_passkeys(connection, new.id, _credentials(old), _credentials(new))
            connection.execute(_REPLACE, columns)
        return new

    def _account(self, account_id: str, sealed: bytes) -> Account:
        return _decode(self._sealer.unseal(sealed, _context(account_id)))

    def _columns(self, account: Account) -> dict[str, object]:
        return {
            "id": account.id,
            "version": account.version,
            "unverified_since": _waits_since(account),
            "sealed": self._sealer.seal(_encode(account), _context(account.id)),
        }


def _waits_since(account: Account) -> int | None:
    return None if (since := unverified_since(account)) is None else to_micros(since)


def _credentials(account: Account) -> frozenset[str]:
    """By digest: an id may be a thousand bytes long, and has random bits enough not to be guessed from one."""
    return frozenset(token_hash(passkey.credential) for passkey in account.passkeys)


def _move_passkeys(connection: sqlite3.Connection, account_id: str, old: frozenset[str], new: frozenset[str]) -> None:
    connection.executemany(_REMOVE_PASSKEY, [(credential,) for credential in sorted(old - new)])
    connection.executemany(_ADD_PASSKEY, [(credential, account_id) for credential in sorted(new - old)])


def _context(account_id: str) -> str:
    return f"accounts/{account_id}/account"

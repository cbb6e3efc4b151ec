"""Accounts in SQLite, sealed whole; an e-mail address is looked up by its blind index."""

import sqlite3
from collections.abc import Callable

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, all_or_nothing, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.identity.errors import AccountNotFound, EmailTaken, PasskeyTaken
from shopcore.identity.model import Account
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealing import Sealer, token_hash

_ADD = "INSERT INTO accounts (id, email, version, sealed) VALUES (:id, :email, :version, :sealed)"
# Only what changes: SQLite looks a UNIQUE column up again when it is named here.
_REPLACE = "UPDATE accounts SET version = :version, sealed = :sealed WHERE id = :id"
_REPLACE_EMAIL = "UPDATE accounts SET email = :email WHERE id = :id"
_GET = "SELECT id, sealed FROM accounts WHERE id = ?"
_FIND_BY_EMAIL = "SELECT id, sealed FROM accounts WHERE email = ?"
_PAGE = "SELECT id, sealed FROM accounts WHERE id < ? ORDER BY id DESC LIMIT ?"
_AFTER_EVERY_ID = "~"  # sorts after every letter and digit
_REMOVE = "DELETE FROM accounts WHERE id = ?"
_ADD_PASSKEY = "INSERT INTO passkeys (credential, account_id) VALUES (?, ?)"
_REMOVE_PASSKEY = "DELETE FROM passkeys WHERE credential = ?"

_REFUSALS: Refusals = {
    "UNIQUE constraint failed: accounts.email": lambda _: EmailTaken(),
    "UNIQUE constraint failed: passkeys.credential": lambda _: PasskeyTaken(),
}

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
        return await self._find(_FIND_BY_EMAIL, self.key_of(email))

    def key_of(self, email: str) -> str:
        """See the port."""
        return self._sealer.blind_index(email, "accounts/email")

    async def find_by_key(self, key: str) -> Account | None:
        """See the port."""
        return await self._find(_FIND_BY_EMAIL, key)

    async def page(self, before: Position | None, limit: int) -> Slice[Account]:
        """See the port."""
        key = (before[0] if before else _AFTER_EVERY_ID), limit + 1
        rows = await self._database.scan(lambda connection: connection.execute(_PAGE, key).fetchall())
        items = [self._account(*row) for row in rows[:limit]]
        return Slice(items=items, next_position=(items[-1].id,) if len(rows) > limit else None)

    async def remove(self, customer_id: CustomerId) -> None:
        """See the port."""
        await self._database.write(lambda connection: connection.execute(_REMOVE, (customer_id,)))

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
                connection.execute(_REPLACE_EMAIL, columns)
            _move_passkeys(connection, new.id, _credentials(old), _credentials(new))
            connection.execute(_REPLACE, columns)
        return new

    def _account(self, account_id: str, sealed: bytes) -> Account:
        return _decode(self._sealer.unseal(sealed, _context(account_id)))

    def _columns(self, account: Account) -> dict[str, object]:
        return {
            "id": account.id,
            "email": self.key_of(account.email),
            "version": account.version,
            "sealed": self._sealer.seal(_encode(account), _context(account.id)),
        }


def _credentials(account: Account) -> frozenset[str]:
    """By digest: an id may be a thousand bytes long, and has random bits enough not to be guessed from one."""
    return frozenset(token_hash(passkey.credential) for passkey in account.passkeys)


def _move_passkeys(connection: sqlite3.Connection, account_id: str, old: frozenset[str], new: frozenset[str]) -> None:
    connection.executemany(_REMOVE_PASSKEY, [(credential,) for credential in sorted(old - new)])
    connection.executemany(_ADD_PASSKEY, [(credential, account_id) for credential in sorted(new - old)])


def _context(account_id: str) -> str:
    return f"accounts/{account_id}/account"

"""Apps and integrations, consents, and what was given, in SQLite."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.instants import to_micros
from shopcore.oauth.errors import ClientNotFound, ConsentNotFound, GrantNotFound
from shopcore.oauth.model import Client, Consent, Grant
from shopcore.oauth.model.grants import is_used

_ADD_CLIENT = "INSERT INTO oauth_clients (id, body) VALUES (?, ?)"
_CLIENT = "SELECT body FROM oauth_clients WHERE id = ?"
_CLIENTS = "SELECT body FROM oauth_clients ORDER BY id"
_CHANGE_CLIENT = "UPDATE oauth_clients SET body = ? WHERE id = ?"

_PUT_CONSENT = """
INSERT INTO oauth_consents (customer_id, client_id, body) VALUES (?, ?, ?)
ON CONFLICT (customer_id, client_id) DO UPDATE SET body = excluded.body
"""
_CONSENT = "SELECT body FROM oauth_consents WHERE customer_id = ? AND client_id = ?"
_CONSENTS = "SELECT body FROM oauth_consents WHERE customer_id = ? ORDER BY client_id"
_REMOVE_CONSENT = "DELETE FROM oauth_consents WHERE customer_id = ? AND client_id = ?"
_REMOVE_CONSENTS = "DELETE FROM oauth_consents WHERE customer_id = ?"

_ADD_GRANT = "INSERT INTO oauth_grants (used, expires_at, version, body, id) VALUES (?, ?, ?, ?, ?)"
_GRANT = "SELECT body FROM oauth_grants WHERE id = ?"
_REPLACE_GRANT = "UPDATE oauth_grants SET used = ?, expires_at = ?, version = ?, body = ? WHERE id = ?"
_REMOVE_EXPIRED = """
DELETE FROM oauth_grants
WHERE rowid IN (SELECT rowid FROM oauth_grants WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
"""

_KEEP_CONSENT = "INSERT OR IGNORE INTO oauth_consents (customer_id, client_id, body) VALUES (?, ?, ?)"
_KEEP_GRANT = "INSERT OR IGNORE INTO oauth_grants (used, expires_at, version, body, id) VALUES (?, ?, ?, ?, ?)"

_encode = msgspec.json.Encoder().encode
_client = msgspec.json.Decoder(Client).decode
consent_of = msgspec.json.Decoder(Consent).decode
grant_of: Callable[[bytes], Grant] = msgspec.json.Decoder(Grant).decode


class SqliteClients:
    """Clients by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, client: Client) -> None:
        """See the port."""
        row = client.id, _encode(client)
        await self._database.write(lambda connection: connection.execute(_ADD_CLIENT, row))

    async def get(self, client_id: str) -> Client:
        """See the port."""
        return await self._database.read(lambda connection: _one_client(connection, client_id))

    async def everything(self) -> Sequence[Client]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_CLIENTS).fetchall())
        return [_client(body) for (body,) in rows]

    async def change(self, client_id: str, change: Callable[[Client], Client]) -> Client:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> Client:
            changed = change(_one_client(connection, client_id))
            connection.execute(_CHANGE_CLIENT, (_encode(changed), client_id))
            return changed

        return await self._database.write(statement)


class SqliteConsents:
    """Consents by customer and client."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, consent: Consent) -> None:
        """See the port."""
        row = consent.customer_id, consent.client_id, _encode(consent)
        await self._database.write(lambda connection: connection.execute(_PUT_CONSENT, row))

    async def find(self, customer_id: CustomerId, client_id: str) -> Consent | None:
        """See the port."""
        key = customer_id, client_id
        row = await self._database.read(lambda connection: connection.execute(_CONSENT, key).fetchone())
        return None if row is None else consent_of(row[0])

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Consent]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_CONSENTS, (customer_id,)).fetchall())
        return [consent_of(body) for (body,) in rows]

    async def remove(self, customer_id: CustomerId, client_id: str) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            if connection.execute(_REMOVE_CONSENT, (customer_id, client_id)).rowcount == 0:
                raise ConsentNotFound

        await self._database.write(statement)

    async def remove_all(self, customer_id: CustomerId) -> None:
        """See the port."""
        await self._database.write(lambda connection: connection.execute(_REMOVE_CONSENTS, (customer_id,)))


class SqliteGrants:
    """Grants by id. What was used once no statement changes any more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, grant: Grant) -> None:
        """See the port."""
        row = _columns(grant)
        await self._database.write(lambda connection: connection.execute(_ADD_GRANT, row))

    async def get(self, grant_id: str) -> Grant:
        """See the port."""
        return await self._database.read(lambda connection: _one_grant(connection, grant_id))

    async def update(self, grant_id: str, change: Callable[[Grant], Grant]) -> Grant:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> Grant:
            old = _one_grant(connection, grant_id)
            new = change(old)
            if new == old:
                return old
            counted = msgspec.structs.replace(new, id=old.id, version=old.version + 1)
            connection.execute(_REPLACE_GRANT, _columns(counted))
            return counted

        return await self._database.write(statement)

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """See the port."""
        row = to_micros(before), limit
        return await self._database.write(lambda connection: connection.execute(_REMOVE_EXPIRED, row).rowcount)


def _one_client(connection: sqlite3.Connection, client_id: str) -> Client:
    row = connection.execute(_CLIENT, (client_id,)).fetchone()
    if row is None:
        raise ClientNotFound
    return _client(row[0])


def _one_grant(connection: sqlite3.Connection, grant_id: str) -> Grant:
    row = connection.execute(_GRANT, (grant_id,)).fetchone()
    if row is None:
        raise GrantNotFound
    return grant_of(row[0])


def _columns(grant: Grant) -> tuple[object, ...]:
    return is_used(grant), to_micros(grant.expires_at), grant.version, _encode(grant), grant.id


def keep_consent(connection: sqlite3.Connection, consent: Consent) -> None:
    """For a move: leave alone what is there."""
    connection.execute(_KEEP_CONSENT, (consent.customer_id, consent.client_id, _encode(consent)))


def keep_grant(connection: sqlite3.Connection, grant: Grant) -> None:
    """For a move: leave alone what is there."""
    connection.execute(_KEEP_GRANT, _columns(grant))

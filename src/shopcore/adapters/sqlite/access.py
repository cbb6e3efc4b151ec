"""Roles, members of staff and API keys in SQLite."""

import sqlite3
from collections.abc import Callable, Sequence

import msgspec

from shopcore.access.errors import ApiKeyNotFound, MemberNotFound, RoleNotFound
from shopcore.access.model import ApiKey, Member, Role
from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import CustomerId

_ROLES = "SELECT body FROM roles ORDER BY name"
_PUT_ROLE = "INSERT INTO roles (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body"
_REMOVE_ROLE = "DELETE FROM roles WHERE name = ?"

_MEMBER = "SELECT body FROM members WHERE customer_id = ?"
_MEMBERS = "SELECT body FROM members"
_PUT_MEMBER = """
INSERT INTO members (customer_id, body) VALUES (?, ?) ON CONFLICT (customer_id) DO UPDATE SET body = excluded.body
"""
_REMOVE_MEMBER = "DELETE FROM members WHERE customer_id = ?"

_ADD_KEY = "INSERT INTO api_keys (id, digest, body) VALUES (?, ?, ?)"
_KEY_BY_DIGEST = "SELECT body FROM api_keys WHERE digest = ?"
_KEY = "SELECT body FROM api_keys WHERE id = ?"
_KEYS = "SELECT body FROM api_keys ORDER BY id"
_CHANGE_KEY = "UPDATE api_keys SET body = ? WHERE id = ?"

_encode = msgspec.json.Encoder().encode
_role = msgspec.json.Decoder(Role).decode
_member = msgspec.json.Decoder(Member).decode
_key = msgspec.json.Decoder(ApiKey).decode


class SqliteRoles:
    """The shop's own roles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Sequence[Role]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_ROLES).fetchall())
        return [_role(body) for (body,) in rows]

    async def put(self, role: Role) -> None:
        """See the port."""
        await self._database.write(lambda connection: connection.execute(_PUT_ROLE, (role.name, _encode(role))))

    async def remove(self, name: str) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            if connection.execute(_REMOVE_ROLE, (name,)).rowcount == 0:
                raise RoleNotFound

        await self._database.write(statement)


class SqliteMembers:
    """Who works for the shop. Units of work follow one another, so that what one reads no other one changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, customer_id: CustomerId) -> Member:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_MEMBER, (customer_id,)).fetchone())
        if row is None:
            raise MemberNotFound
        return _member(row[0])

    async def everything(self) -> Sequence[Member]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_MEMBERS).fetchall())
        return sorted((_member(body) for (body,) in rows), key=lambda member: (member.added_at, member.customer_id))

    async def put(self, member: Member) -> None:
        """See the port."""
        row = member.customer_id, _encode(member)
        await self._database.write(lambda connection: connection.execute(_PUT_MEMBER, row))

    async def remove(self, customer_id: CustomerId) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            if connection.execute(_REMOVE_MEMBER, (customer_id,)).rowcount == 0:
                raise MemberNotFound

        await self._database.write(statement)


class SqliteApiKeys:
    """Keys of other systems."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> None:
        """See the port."""
        row = key.id, key.digest, _encode(key)
        await self._database.write(lambda connection: connection.execute(_ADD_KEY, row))

    async def by_digest(self, digest: str) -> ApiKey:
        """See the port."""
        return await self._database.read(lambda connection: _one(connection, _KEY_BY_DIGEST, digest))

    async def everything(self) -> Sequence[ApiKey]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_KEYS).fetchall())
        return [_key(body) for (body,) in rows]

    async def change(self, key_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> ApiKey:
            changed = change(_one(connection, _KEY, key_id))
            connection.execute(_CHANGE_KEY, (_encode(changed), key_id))
            return changed

        return await self._database.write(statement)


def _one(connection: sqlite3.Connection, query: str, value: str) -> ApiKey:
    row = connection.execute(query, (value,)).fetchone()
    if row is None:
        raise ApiKeyNotFound
    return _key(row[0])

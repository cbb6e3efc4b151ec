"""Carts in SQLite: intent as JSON, the contact sealed beside it."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.cart.errors import CartChanged, CartNotFound, CustomerHasCart
from shopcore.cart.model import LIFETIME, Cart
from shopcore.kernel.ids import CartId, CustomerId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.sealed_contacts import NOBODY, SealedContacts
from shopcore.kernel.sealing import Sealer

_ADD = """
INSERT INTO carts (id, token_hash, customer_id, expires_at, ordered, version, body, sealed)
VALUES (:id, :token_hash, :customer_id, :expires_at, :ordered, :version, :body, :sealed)
"""
_REPLACE = """
UPDATE carts SET customer_id = :customer_id, expires_at = :expires_at, ordered = :ordered, version = :version,
    body = :body, sealed = :sealed
WHERE id = :id
"""
_SWAP = f"{_REPLACE.rstrip()} AND version = :seen"
_GET = "SELECT body, sealed FROM carts WHERE id = ?"
_FIND_BY_TOKEN = "SELECT body, sealed FROM carts WHERE token_hash = ?"  # noqa: S105 - a query
_FIND_BY_CUSTOMER = "SELECT body, sealed FROM carts WHERE customer_id = ? AND ordered = 0"
_TOUCHED = "SELECT id FROM carts WHERE expires_at >= ?"
_REMOVE_EXPIRED = """
DELETE FROM carts
WHERE rowid IN (SELECT rowid FROM carts WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
RETURNING id
"""

_REFUSALS: Refusals = {"UNIQUE constraint failed: carts.customer_id": lambda _: CustomerHasCart()}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cart).decode


class SqliteCarts:
    """Carts by id, by the hash of their secret token, and by their customer."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._contacts = SealedContacts(sealer, "carts")

    async def add(self, cart: Cart, token_hash: str) -> None:
        """See the port."""
        row = {"token_hash": token_hash, **_columns(cart, self._contacts.seal(cart.id, cart.contact))}

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, cart.id):
                connection.execute(_ADD, row)

        await self._database.write(statement)

    async def update(self, cart_id: CartId, change: Callable[[Cart], Cart]) -> Cart:
        """See the port."""
        return await self._database.write(lambda connection: self._update(connection, cart_id, change))

    async def replace(self, cart: Cart) -> None:
        """See the port."""
        new = msgspec.structs.replace(cart, version=cart.version + 1)
        row = {"seen": cart.version, **_columns(new, self._contacts.seal(new.id, new.contact))}

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, cart.id):
                swapped = connection.execute(_SWAP, row).rowcount
            if not swapped:
                raise CartChanged if connection.execute(_GET, (cart.id,)).fetchone() else CartNotFound

        await self._database.write(statement)

    async def get(self, cart_id: CartId) -> Cart:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_GET, (cart_id,)).fetchone())
        if row is None:
            raise CartNotFound
        return self._cart(*row)

    async def find_by_token(self, token_hash: str) -> Cart | None:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_FIND_BY_TOKEN, (token_hash,)).fetchone())
        return None if row is None else self._cart(*row)

    async def find_by_customer(self, customer_id: CustomerId) -> Cart | None:
        """See the port."""
        key = (customer_id,)
        row = await self._database.read(lambda connection: connection.execute(_FIND_BY_CUSTOMER, key).fetchone())
        return None if row is None else self._cart(*row)

    async def touched(self, since: datetime) -> Sequence[CartId]:
        """See the port."""
        key = (to_micros(since + LIFETIME),)
        rows = await self._database.scan(lambda connection: connection.execute(_TOUCHED, key).fetchall())
        return [CartId(cart_id) for (cart_id,) in rows]

    async def remove_expired(self, now: datetime, limit: int) -> Sequence[CartId]:
        """See the port."""
        row = to_micros(now), limit
        rows = await self._database.write(lambda connection: connection.execute(_REMOVE_EXPIRED, row).fetchall())
        return [CartId(cart_id) for (cart_id,) in rows]

    def _update(self, connection: sqlite3.Connection, cart_id: CartId, change: Callable[[Cart], Cart]) -> Cart:
        row = connection.execute(_GET, (cart_id,)).fetchone()
        if row is None:
            raise CartNotFound
        body, sealed = row
        old = self._cart(body, sealed)
        changed = change(old)
        if changed == old:
            return old
        new = msgspec.structs.replace(changed, id=old.id, version=old.version + 1)
        if new.contact != old.contact:
            sealed = self._contacts.seal(new.id, new.contact)
        with refusing(_REFUSALS, new.id):
            connection.execute(_REPLACE, _columns(new, sealed))
        return new

    def _cart(self, body: bytes, sealed: bytes | None) -> Cart:
        cart = _decode(body)
        if sealed is None:
            return cart
        return msgspec.structs.replace(cart, contact=self._contacts.unseal(cart.id, sealed))


def _columns(cart: Cart, sealed: bytes | None) -> dict[str, object]:
    return {
        "id": cart.id,
        "customer_id": cart.customer_id,
        "expires_at": to_micros(cart.expires_at),
        "ordered": cart.ordered,
        "version": cart.version,
        "body": _encode(msgspec.structs.replace(cart, contact=NOBODY)),
        "sealed": sealed,
    }

"""Payments in SQLite, what only the buyer may know sealed."""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.sealing import Sealer
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import NextAction, Payment, to_ask_from

_ADD = """
INSERT INTO payments (id, order_id, begun_at, state, updated_at, version, body, sealed)
VALUES (:id, :order_id, :begun_at, :state, :updated_at, :version, :body, :sealed)
ON CONFLICT (id) DO NOTHING
"""
_REPLACE = """
UPDATE payments SET state = :state, updated_at = :updated_at, version = :version, body = :body, sealed = :sealed
WHERE id = :id
"""
_GET = "SELECT body, sealed FROM payments WHERE id = ?"
_KNOWN = "SELECT body, sealed FROM payments WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
_OF_ORDER = "SELECT body, sealed FROM payments WHERE order_id = ?"
_OPEN_SINCE = """
SELECT id, updated_at FROM payments
WHERE state IN ('requires_payment', 'requires_action', 'processing') AND updated_at < ?
ORDER BY updated_at, id LIMIT ?
"""


class _Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What lets its holder act as the buyer, or may name them: a shop's return address often carries a token."""

    client_secret: str | None = None
    next_action: NextAction | None = None
    return_url: str | None = None


_NONE = _Secrets()

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Payment).decode
_decode_secrets = msgspec.json.Decoder(_Secrets).decode


class SqlitePayments:
    """Payments by id and by order."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def add(self, payment: Payment) -> None:
        """See the port."""
        row = {"order_id": payment.order_id, "begun_at": to_micros(payment.created_at), **self._columns(payment)}
        await self._database.write(lambda connection: connection.execute(_ADD, row))

    async def update(self, payment_id: PaymentId, change: Callable[[Payment], Payment]) -> Payment:
        """See the port."""
        return await self._database.write(lambda connection: self._update(connection, payment_id, change))

    async def get(self, payment_id: PaymentId) -> Payment:
        """See the port."""
        found = await self._find(_GET, payment_id)
        if found is None:
            raise PaymentNotFound
        return found

    async def known(self, payment_ids: Collection[PaymentId]) -> Sequence[Payment]:
        """See the port."""
        keys = key_list(list(payment_ids))
        rows = await self._database.read(lambda connection: connection.execute(_KNOWN, (keys,)).fetchall())
        return [self._payment(*row) for row in rows]

    async def of_order(self, order_id: OrderId) -> Payment | None:
        """See the port."""
        return await self._find(_OF_ORDER, order_id)

    async def open_since(self, before: datetime, limit: int) -> Sequence[tuple[PaymentId, datetime]]:
        """See the port."""
        row = to_micros(before), limit
        rows = await self._database.scan(lambda connection: connection.execute(_OPEN_SINCE, row).fetchall())
        return [(PaymentId(payment_id), from_micros(heard)) for payment_id, heard in rows]

    async def _find(self, query: str, key: str) -> Payment | None:
        row = await self._database.read(lambda connection: connection.execute(query, (key,)).fetchone())
        return None if row is None else self._payment(*row)

    def _update(
        self, connection: sqlite3.Connection, payment_id: PaymentId, change: Callable[[Payment], Payment]
    ) -> Payment:
        row = connection.execute(_GET, (payment_id,)).fetchone()
        if row is None:
            raise PaymentNotFound
        old = self._payment(*row)
        changed = change(old)
        if changed == old:
            return old
        new = msgspec.structs.replace(changed, id=old.id, order_id=old.order_id, version=old.version + 1)
        connection.execute(_REPLACE, self._columns(new))
        return new

    def _payment(self, body: bytes, sealed: bytes | None) -> Payment:
        payment = _decode(body)
        if sealed is None:
            return payment
        secrets = _decode_secrets(self._sealer.unseal(sealed, _context(payment.id)))
        return msgspec.structs.replace(
            payment,
            client_secret=secrets.client_secret,
            next_action=secrets.next_action,
            return_url=secrets.return_url,
        )

    def _columns(self, payment: Payment) -> dict[str, object]:
        secrets = _Secrets(
            client_secret=payment.client_secret, next_action=payment.next_action, return_url=payment.return_url
        )
        public = msgspec.structs.replace(payment, client_secret=None, next_action=None, return_url=None)
        return {
            "id": payment.id,
            "state": payment.state,
            "updated_at": to_micros(to_ask_from(payment)),
            "version": payment.version,
            "body": _encode(public),
            "sealed": None if secrets == _NONE else self._sealer.seal(_encode(secrets), _context(payment.id)),
        }


def _context(payment_id: PaymentId) -> str:
    return f"payments/{payment_id}/secrets"

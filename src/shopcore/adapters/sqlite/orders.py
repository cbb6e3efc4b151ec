"""Orders in SQLite: what was agreed as JSON, the contact sealed beside it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealed_contacts import NOBODY, SealedContacts
from shopcore.kernel.sealing import Sealer
from shopcore.ordering.errors import CartOrdered, NumberTaken, OrderNotFound
from shopcore.ordering.model import Order, RefundStatus
from shopcore.ordering.ports import OrderFilter

_ADD = """
INSERT INTO orders (
    id, cart_id, number, token_hash, customer_id, status, payment_status, placed_at, expires_at, email, version, body,
    sealed, refund_failed
) VALUES (
    :id, :cart_id, :number, :token_hash, :customer_id, :status, :payment_status, :placed_at, :expires_at, :email,
    :version, :body, :sealed, :refund_failed
)
"""
# Only what changes: SQLite rewrites each index of which a column is named here.
_REPLACE = """
UPDATE orders SET status = :status, payment_status = :payment_status, expires_at = :expires_at, version = :version,
    body = :body, refund_failed = :refund_failed
WHERE id = :id
"""
_REPLACE_CUSTOMER = "UPDATE orders SET customer_id = :customer_id WHERE id = :id"
_REPLACE_CONTACT = "UPDATE orders SET email = :email, sealed = :sealed WHERE id = :id"
_GET = "SELECT body, sealed FROM orders WHERE id = ?"
_GET_BY_NUMBER = "SELECT body, sealed FROM orders WHERE number = ?"
_FIND_BY_CART = "SELECT body, sealed FROM orders WHERE cart_id = ?"
_OWNED = "SELECT 1 FROM orders WHERE id = ? AND token_hash = ?"
# Without being told, SQLite walks the index by status and sorts.
_UNPAID = """
SELECT id, expires_at FROM orders INDEXED BY orders_unpaid
WHERE status = 'pending' AND expires_at <= ? ORDER BY expires_at, id LIMIT ?
"""

_FILTERS = ("customer_id", "email", "status")


def _page(*asked: str, is_unclaimed: bool = False, refund_failed: bool = False) -> str:
    conditions = "".join(f"{name} = :{name} AND " for name in asked)
    if is_unclaimed:
        conditions += "customer_id IS NULL AND "
    index = ""
    if refund_failed:
        conditions += "refund_failed = 1 AND "
        index = " INDEXED BY orders_refund_failed" if set(asked) <= {"status"} else ""
    return f"""
SELECT body, sealed, placed_at, id FROM orders{index}
WHERE {conditions}(placed_at, id) < (:placed_at, :id)
ORDER BY placed_at DESC, id DESC LIMIT :limit
"""


# Only what is asked for stands in the text, so that it is answered from the index made for it.
_PAGES = {asked: _page(*asked) for some in range(len(_FILTERS) + 1) for asked in combinations(_FILTERS, some)}
_UNCLAIMED = {asked: _page(*asked, is_unclaimed=True) for asked in _PAGES if "customer_id" not in asked}
_FAILED = {asked: _page(*asked, refund_failed=True) for asked in _PAGES}
_BEFORE_THE_FIRST = (2**63 - 1, "")


def _query(parameters: Mapping[str, object], wanted: OrderFilter) -> str:
    texts = _FAILED if wanted.refund_failed else _UNCLAIMED if wanted.is_unclaimed else _PAGES
    return texts[tuple(name for name in _FILTERS if parameters[name] is not None)]


# An order that is added twice comes from the same cart twice: its own id says the same as its cart's.
_REFUSALS: Refusals = {
    "UNIQUE constraint failed: orders.number": lambda _: NumberTaken(),
    "UNIQUE constraint failed: orders.cart_id": lambda _: CartOrdered(),
    "UNIQUE constraint failed: orders.id": lambda _: CartOrdered(),
}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Order).decode


class _Rows:
    """An order as a row, and back."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._contacts = SealedContacts(sealer, "orders")

    def order(self, body: bytes, sealed: bytes | None) -> Order:
        order = _decode(body)
        return msgspec.structs.replace(order, contact=self._contacts.unseal(order.id, sealed))

    def columns(self, order: Order) -> dict[str, object]:
        return {
            "id": order.id,
            "cart_id": order.cart_id,
            "customer_id": order.customer_id,
            "number": _compact(order.number),
            "status": order.status,
            "payment_status": order.payment_status,
            "placed_at": to_micros(order.placed_at),
            "expires_at": to_micros(order.expires_at),
            "version": order.version,
            "refund_failed": any(refund.status is RefundStatus.FAILED for refund in order.refunds),
            "body": _encode(msgspec.structs.replace(order, contact=NOBODY)),
        }

    def contact(self, order: Order) -> dict[str, object]:
        sealed = self._contacts.seal(order.id, order.contact)
        return {"id": order.id, "email": self.email_index(order.contact.email), "sealed": sealed}

    def email_index(self, email: str | None) -> str | None:
        return None if email is None else self._sealer.blind_index(email, "orders/email")

    def looked_for(self, email: str | None) -> Sequence[str | None]:
        """One index as a rule, two while the key of one takes the other's place; (None,) asks for nobody's."""
        return (None,) if email is None else self._sealer.blind_indexes(email, "orders/email")


def _compact(number: str) -> str:
    return number.replace("-", "").upper()


class SqliteOrders:
    """Orders by id, by number and by the cart they came from."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._rows = _Rows(sealer)

    async def add(self, order: Order, token_hash: str) -> None:
        """See the port."""
        row = {"token_hash": token_hash, **self._rows.columns(order), **self._rows.contact(order)}

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, order.number):
                connection.execute(_ADD, row)

        await self._database.write(statement)

    async def update(self, order_id: OrderId, change: Callable[[Order], Order]) -> Order:
        """See the port."""
        return await self._database.write(lambda connection: self._update(connection, order_id, change))

    async def get(self, order_id: OrderId) -> Order:
        """See the port."""
        return _found(await self._find(_GET, order_id))

    async def get_by_number(self, number: str) -> Order:
        """See the port."""
        return _found(await self._find(_GET_BY_NUMBER, _compact(number)))

    async def find_by_cart(self, cart_id: CartId) -> Order | None:
        """See the port."""
        return await self._find(_FIND_BY_CART, cart_id)

    async def owned_by_token(self, order_id: OrderId, token_hash: str) -> bool:
        """See the port."""
        row = order_id, token_hash
        return await self._database.read(lambda connection: connection.execute(_OWNED, row).fetchone() is not None)

    async def _find(self, query: str, key: str) -> Order | None:
        row = await self._database.read(lambda connection: connection.execute(query, (key,)).fetchone())
        return None if row is None else self._rows.order(*row)

    def _update(self, connection: sqlite3.Connection, order_id: OrderId, change: Callable[[Order], Order]) -> Order:
        row = connection.execute(_GET, (order_id,)).fetchone()
        if row is None:
            raise OrderNotFound
        old = self._rows.order(*row)
        changed = change(old)
        if changed == old:
            return old
        new = msgspec.structs.replace(
            changed,
            id=old.id,
            cart_id=old.cart_id,
            number=old.number,
            placed_at=old.placed_at,
            version=old.version + 1,
        )
        connection.execute(_REPLACE, self._rows.columns(new))
        if new.customer_id != old.customer_id:
            connection.execute(_REPLACE_CUSTOMER, {"id": new.id, "customer_id": new.customer_id})
        if new.contact != old.contact:
            connection.execute(_REPLACE_CONTACT, self._rows.contact(new))
        return new


def _found(order: Order | None) -> Order:
    if order is None:
        raise OrderNotFound
    return order


class SqliteOrderList:
    """Orders as staff and sweepers look for them."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._rows = _Rows(sealer)

    async def page(self, wanted: OrderFilter, after: Position | None, limit: int) -> Slice[Order]:
        """See the port."""
        placed_at, order_id = after or _BEFORE_THE_FIRST
        where = {"placed_at": placed_at, "id": order_id, "limit": limit + 1}
        asked = [
            {"customer_id": wanted.customer_id, "email": email, "status": wanted.status, **where}
            for email in self._rows.looked_for(wanted.email)
        ]

        def look(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return [row for one in asked for row in connection.execute(_query(one, wanted), one)]

        rows = sorted(await self._database.scan(look), key=lambda row: row[2:], reverse=True)
        items = [self._rows.order(body, sealed) for body, sealed, _, _ in rows[:limit]]
        return Slice(items=items, next_position=rows[limit - 1][2:] if len(rows) > limit else None)

    async def unpaid_since(self, now: datetime, limit: int) -> Sequence[tuple[OrderId, datetime]]:
        """See the port."""
        row = to_micros(now), limit
        rows = await self._database.scan(lambda connection: connection.execute(_UNPAID, row).fetchall())
        return [(OrderId(order_id), from_micros(over)) for order_id, over in rows]

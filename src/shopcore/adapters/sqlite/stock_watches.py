"""Who wants to hear when something can be had again, in SQLite."""

import sqlite3
from collections.abc import Sequence

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import CustomerId, VariantId
from shopcore.kernel.instants import to_micros
from shopcore.messages.model import StockWatch

_PUT = "INSERT OR IGNORE INTO stock_watches (id, variant_id, customer_id, since, body) VALUES (?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM stock_watches WHERE id = ?"
_OF_CUSTOMER = "SELECT body FROM stock_watches WHERE customer_id = ? ORDER BY variant_id"
_REMOVE_ALL = "DELETE FROM stock_watches WHERE customer_id = ?"
_VARIANTS = "SELECT DISTINCT variant_id FROM stock_watches WHERE variant_id > ? ORDER BY variant_id LIMIT ?"
_TAKE = "SELECT id, body FROM stock_watches WHERE variant_id = ? ORDER BY since, id LIMIT ?"
_PAGE = "SELECT body FROM stock_watches WHERE id > ? ORDER BY id LIMIT ?"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(StockWatch).decode


class SqliteStockWatches:
    """Watches by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, watch: StockWatch) -> None:
        """See the port."""
        row = watch.id, watch.variant_id, watch.customer_id, to_micros(watch.since), _encode(watch)
        await self._database.write(lambda connection: connection.execute(_PUT, row))

    async def remove(self, watch_id: str) -> None:
        """See the port."""
        await self._database.write(lambda connection: connection.execute(_REMOVE, (watch_id,)))

    async def of_customer(self, customer_id: CustomerId) -> Sequence[StockWatch]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_OF_CUSTOMER, (customer_id,)).fetchall())
        return [_decode(body) for (body,) in rows]

    async def remove_all(self, customer_id: CustomerId) -> None:
        """See the port."""
        await self._database.write(lambda connection: connection.execute(_REMOVE_ALL, (customer_id,)))

    async def variants(self, after: str, limit: int) -> Sequence[VariantId]:
        """See the port."""
        key = after, limit
        rows = await self._database.read(lambda connection: connection.execute(_VARIANTS, key).fetchall())
        return [VariantId(name) for (name,) in rows]

    async def take(self, variant_id: VariantId, limit: int) -> Sequence[StockWatch]:
        """See the port."""

        def step(connection: sqlite3.Connection) -> list[StockWatch]:
            rows = connection.execute(_TAKE, (variant_id, limit)).fetchall()
            connection.executemany(_REMOVE, [(name,) for name, _ in rows])
            return [_decode(body) for _, body in rows]

        return await self._database.write(step)

    async def page(self, after: str, limit: int) -> Sequence[StockWatch]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_PAGE, (after, limit)).fetchall())
        return [_decode(body) for (body,) in rows]

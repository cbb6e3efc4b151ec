"""Wallets in SQLite."""

import sqlite3
from collections.abc import Sequence

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import CustomerId
from shopcore.payments.model import Wallet

_ADD = "INSERT OR IGNORE INTO wallets (customer_id, gateway, body) VALUES (?, ?, ?)"
_GET = "SELECT body FROM wallets WHERE customer_id = ? AND gateway = ?"
_OF_CUSTOMER = "SELECT body FROM wallets WHERE customer_id = ? ORDER BY gateway"
_REMOVE = "DELETE FROM wallets WHERE customer_id = ?"

_encode = msgspec.json.Encoder().encode
wallet_of = msgspec.json.Decoder(Wallet).decode


class SqliteWallets:
    """Wallets by customer and gateway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, wallet: Wallet) -> Wallet:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> Wallet:
            keep_wallet(connection, wallet)
            row = connection.execute(_GET, (wallet.customer_id, wallet.gateway)).fetchone()
            return wallet_of(row[0])

        return await self._database.write(statement)

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Wallet]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_OF_CUSTOMER, (customer_id,)).fetchall())
        return [wallet_of(body) for (body,) in rows]

    async def remove_all(self, customer_id: CustomerId) -> None:
        """See the port."""
        await self._database.write(lambda connection: connection.execute(_REMOVE, (customer_id,)))


def keep_wallet(connection: sqlite3.Connection, wallet: Wallet) -> None:
    """Write it down where there is none."""
    connection.execute(_ADD, (wallet.customer_id, wallet.gateway, _encode(wallet)))

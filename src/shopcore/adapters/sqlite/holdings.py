"""A whole shop in SQLite, from the inside: what the repositories keep besides what their ports tell."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import msgspec

from shopcore.adapters.sqlite.accounts import SqliteAccounts
from shopcore.adapters.sqlite.carts import SqliteCarts
from shopcore.adapters.sqlite.claims import SqliteClaims
from shopcore.adapters.sqlite.constraints import all_or_nothing
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.inbox import SqliteInbox
from shopcore.adapters.sqlite.levels import read_movement, stock_item
from shopcore.adapters.sqlite.oauth import consent_of, grant_of, keep_consent, keep_grant
from shopcore.adapters.sqlite.orders import SqliteOrders
from shopcore.adapters.sqlite.sessions import SqliteSessions
from shopcore.adapters.sqlite.wallets import keep_wallet, wallet_of
from shopcore.idempotency.model import Claim
from shopcore.identity.model import Account, Session
from shopcore.inventory.model import Movement, Reservation, ReservationState, StockLine
from shopcore.jobs.model import Job, JobState, due_at
from shopcore.kernel.ids import CartId, CustomerId, OrderId, SessionId, Sku
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.sealing import Sealer
from shopcore.oauth.model import ClientGrant, CodeGrant, Consent
from shopcore.operations.ports import (
    Kept,
    KeptCart,
    KeptEvent,
    KeptOrder,
    KeptRedemption,
    KeptReservation,
    KeptStock,
    Kind,
    bounded,
)
from shopcore.payments.model import Wallet
from shopcore.payments.ports import GatewayEvent

Row: TypeAlias = tuple[Any, ...]

_READ: Mapping[Kind, str] = {
    Kind.STOCK: "SELECT sku, sku, tracked, policy, on_hand, reserved, imported FROM stock_levels",
    Kind.RESERVATIONS: "SELECT order_id, state, expires_at FROM reservations",
    Kind.CARTS: "SELECT id, token_hash FROM carts",
    Kind.ORDERS: "SELECT id, token_hash FROM orders",
    Kind.REDEMPTIONS: (
        "SELECT order_id || '/' || code AS key, order_id, code, customer, at, customer_id FROM coupon_redemptions"
    ),
    Kind.EVENTS: "SELECT gateway || '/' || event_id AS key, body, at FROM inbox",
    Kind.CLAIMS: "SELECT key FROM claims",
    Kind.JOBS: "SELECT id, body FROM jobs",
    Kind.ACCOUNTS: "SELECT id FROM accounts",
    Kind.SESSIONS: "SELECT id FROM sessions",
    Kind.CONSENTS: "SELECT customer_id || '/' || client_id AS key, body FROM oauth_consents",
    Kind.WALLETS: "SELECT customer_id || '/' || gateway AS key, body FROM wallets",
    Kind.GRANTS: "SELECT id, body FROM oauth_grants",
}
_KEYS: Mapping[Kind, str] = {
    Kind.STOCK: "sku",
    Kind.RESERVATIONS: "order_id",
    Kind.REDEMPTIONS: "order_id || '/' || code",
    Kind.EVENTS: "gateway || '/' || event_id",
    Kind.CLAIMS: "key",
    Kind.CONSENTS: "customer_id || '/' || client_id",
    Kind.WALLETS: "customer_id || '/' || gateway",
}
_MOVEMENTS = """
SELECT seq, id, sku, kind, at, on_hand, reserved, reason, order_id FROM stock_movements WHERE sku = ? ORDER BY seq
"""
_LINES = "SELECT sku, quantity, counted FROM reservation_lines WHERE order_id = ? ORDER BY sku"
# Its rules come last, since what a level was under others need not hold under these.
_ADD_LEVEL = "INSERT OR IGNORE INTO stock_levels (sku, tracked, policy, imported) VALUES (?, 0, 'continue', ?)"
_ADD_MOVEMENT = """
INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved, reason, order_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_SET_RULES = "UPDATE stock_levels SET tracked = ?, policy = ? WHERE sku = ?"
_ADD_RESERVATION = "INSERT OR IGNORE INTO reservations (order_id, state, expires_at) VALUES (?, ?, ?)"
_ADD_LINE = "INSERT INTO reservation_lines (order_id, sku, quantity, counted) VALUES (?, ?, ?, ?)"
_ADD_REDEMPTION = """
INSERT OR IGNORE INTO coupon_redemptions (order_id, code, customer, customer_id, at) VALUES (?, ?, ?, ?, ?)
"""
_ADD_JOB = """
INSERT OR IGNORE INTO jobs (id, unique_key, state, priority, due_at, done_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_THERE = {
    Kind.CARTS: "SELECT 1 FROM carts WHERE id = ?",
    Kind.ORDERS: "SELECT 1 FROM orders WHERE id = ?",
    Kind.ACCOUNTS: "SELECT 1 FROM accounts WHERE id = ?",
    Kind.SESSIONS: "SELECT 1 FROM sessions WHERE id = ?",
}

# Made for a move and dropped after it: no shop has this table.
_TABLE = "SELECT 1 FROM sqlite_master WHERE name = 'unfinished_move'"
_MAKE_NOTE = "CREATE TABLE IF NOT EXISTS unfinished_move (single INTEGER PRIMARY KEY CHECK (single = 1), note TEXT)"
_SET_NOTE = "INSERT OR REPLACE INTO unfinished_move VALUES (1, ?)"
_GET_NOTE = "SELECT note FROM unfinished_move"
_DROP_NOTE = "DROP TABLE IF EXISTS unfinished_move"

_job = msgspec.json.Decoder(Job).decode
_event = msgspec.json.Decoder(GatewayEvent).decode


class SqliteHoldings:
    """Reads and writes a shop's file whole."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._carts = SqliteCarts(database, sealer)
        self._orders = SqliteOrders(database, sealer)
        self._claims = SqliteClaims(database, sealer)
        self._inbox = SqliteInbox(database)
        self._accounts = SqliteAccounts(database, sealer)
        self._sessions = SqliteSessions(database, sealer)

    async def read(self, kind: Kind, after: str, limit: int) -> Sequence[tuple[str, Kept]]:
        """See the port."""
        key = _KEYS.get(kind, "id")
        query = f"{_READ[kind]} WHERE {key} > ? ORDER BY {key} LIMIT ?"
        rows = await self._database.scan(lambda connection: connection.execute(query, (after, limit)).fetchall())
        return await bounded((row[0], self._thing(kind, row)) for row in rows)

    async def put(self, things: Sequence[Kept]) -> None:
        """See the port."""
        for thing in things:
            if type(thing) in _BARE:
                await self._database.write(partial(_put, thing))
            else:
                await self._add(thing)

    async def note(self, text: str | None) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            connection.execute(_DROP_NOTE if text is None else _MAKE_NOTE)
            if text is not None:
                connection.execute(_SET_NOTE, (text,))

        await self._database.write(statement)

    async def noted(self) -> str | None:
        """See the port."""

        def look(connection: sqlite3.Connection) -> str | None:
            if connection.execute(_TABLE).fetchone() is None:
                return None
            text: str = connection.execute(_GET_NOTE).fetchone()[0]
            return text

        return await self._database.read(look)

    async def _add(self, thing: Kept) -> None:
        match thing:
            case KeptEvent():
                await self._inbox.store(thing.event, thing.at)
            case Claim():
                await self._claims.claim(thing, lambda old: old)
            case KeptCart() if not await self._is_there(Kind.CARTS, thing.cart.id):
                await self._carts.add(thing.cart, thing.token_hash)
            case KeptOrder() if not await self._is_there(Kind.ORDERS, thing.order.id):
                await self._orders.add(thing.order, thing.token_hash)
            case Account() if not await self._is_there(Kind.ACCOUNTS, thing.id):
                await self._accounts.add(thing)
            case Session() if not await self._is_there(Kind.SESSIONS, thing.id):
                await self._sessions.add(thing)
            case _:
                return

    async def _is_there(self, kind: Kind, key: str) -> bool:
        query = _THERE[kind]
        return await self._database.read(lambda connection: connection.execute(query, (key,)).fetchone() is not None)

    async def _thing(self, kind: Kind, row: Row) -> Kept:
        match kind:
            case Kind.CARTS:
                return KeptCart(cart=await self._carts.get(CartId(row[0])), token_hash=row[1])
            case Kind.ORDERS:
                return KeptOrder(order=await self._orders.get(OrderId(row[0])), token_hash=row[1])
            case Kind.CLAIMS:
                claim = await self._claims.find(row[0])
                assert claim is not None, "it was read just now"
                return claim
            case Kind.ACCOUNTS:
                return await self._accounts.get(CustomerId(row[0]))
            case Kind.SESSIONS:
                return await self._sessions.get(SessionId(row[0]))
            case Kind.STOCK:
                return KeptStock(item=stock_item(row[1:]), movements=await self._movements(row[0]))
            case Kind.RESERVATIONS:
                return await self._reservation(*row)
            case _:
                return _PLAIN[kind](row)

    async def _movements(self, sku: str) -> tuple[Movement, ...]:
        rows = await self._database.scan(lambda connection: connection.execute(_MOVEMENTS, (sku,)).fetchall())
        return tuple(read_movement(row) for row in rows)

    async def _reservation(self, order_id: str, state: str, expires_at: int) -> KeptReservation:
        lines = await self._database.scan(lambda connection: connection.execute(_LINES, (order_id,)).fetchall())
        return KeptReservation(
            reservation=Reservation(
                id=OrderId(order_id),
                lines=tuple(StockLine(sku=Sku(sku), quantity=quantity) for sku, quantity, _ in lines),
                expires_at=from_micros(expires_at),
                state=ReservationState(state),
            ),
            uncounted=tuple(Sku(sku) for sku, _, counted in lines if not counted),
        )


_PLAIN: Mapping[Kind, Callable[[Row], Kept]] = {
    Kind.REDEMPTIONS: lambda row: KeptRedemption(
        order_id=OrderId(row[1]),
        code=row[2],
        customer=row[3],
        at=from_micros(row[4]),
        customer_id=None if row[5] is None else CustomerId(row[5]),
    ),
    Kind.EVENTS: lambda row: KeptEvent(event=_event(row[1]), at=from_micros(row[2])),
    Kind.JOBS: lambda row: _job(row[1]),
    Kind.CONSENTS: lambda row: consent_of(row[1]),
    Kind.WALLETS: lambda row: wallet_of(row[1]),
    Kind.GRANTS: lambda row: grant_of(row[1]),
}


def _put(thing: Kept, connection: sqlite3.Connection) -> None:
    with all_or_nothing(connection):
        _BARE[type(thing)](connection, thing)


def _put_stock(connection: sqlite3.Connection, kept: KeptStock) -> None:
    item = kept.item
    if connection.execute(_ADD_LEVEL, (item.sku, item.imported)).rowcount == 0:
        return
    rows = [
        (one.id, one.sku, one.kind, to_micros(one.at), one.on_hand, one.reserved, one.reason, one.order_id)
        for one in kept.movements
    ]
    connection.executemany(_ADD_MOVEMENT, rows)
    connection.execute(_SET_RULES, (item.tracked, item.policy, item.sku))


def _put_reservation(connection: sqlite3.Connection, kept: KeptReservation) -> None:
    held = kept.reservation
    row = held.id, held.state, to_micros(held.expires_at)
    if connection.execute(_ADD_RESERVATION, row).rowcount:
        lines = [(held.id, line.sku, line.quantity, line.sku not in kept.uncounted) for line in held.lines]
        connection.executemany(_ADD_LINE, lines)


def _put_redemption(connection: sqlite3.Connection, kept: KeptRedemption) -> None:
    row = kept.order_id, kept.code, kept.customer, kept.customer_id, to_micros(kept.at)
    connection.execute(_ADD_REDEMPTION, row)


def _put_job(connection: sqlite3.Connection, job: Job) -> None:
    due = due_at(job)
    row = (
        job.id,
        job.unique_key,
        job.state,
        job.priority,
        None if due is None else to_micros(due),
        to_micros(job.run_at) if job.state is JobState.DONE else None,
        msgspec.json.encode(job),
    )
    connection.execute(_ADD_JOB, row)


_BARE: Mapping[type, Callable[[sqlite3.Connection, Any], None]] = {
    KeptStock: _put_stock,
    KeptReservation: _put_reservation,
    KeptRedemption: _put_redemption,
    Job: _put_job,
    Consent: keep_consent,
    Wallet: keep_wallet,
    CodeGrant: keep_grant,
    ClientGrant: keep_grant,
}

"""The merchant's price rules in SQLite, and how often each coupon was used."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.kernel.ids import OrderId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealing import Sealer
from shopcore.pricing.errors import CouponUsedUp, RuleNotFound
from shopcore.pricing.model import Coupon, CouponHolder, PricingRules, ShippingMethod, TaxRate

_METHODS = "SELECT body FROM shipping_methods ORDER BY position, code"
_PUT_METHOD = """
INSERT INTO shipping_methods (code, position, body) VALUES (?, ?, ?)
ON CONFLICT (code) DO UPDATE SET position = excluded.position, body = excluded.body
"""
_REMOVE_METHOD = "DELETE FROM shipping_methods WHERE code = ?"

_RATES = "SELECT body FROM tax_rates ORDER BY country, region, name, id"
_PUT_RATE = """
INSERT INTO tax_rates (id, country, region, name, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET country = excluded.country, region = excluded.region, name = excluded.name,
    body = excluded.body
"""
_REMOVE_RATE = "DELETE FROM tax_rates WHERE id = ?"

# One statement, since two of a look-up may see two states of the file.
_RULES = """
SELECT 0, body, position, code, NULL, NULL FROM shipping_methods
UNION ALL SELECT 1, body, country, region, name, id FROM tax_rates
ORDER BY 1, 3, 4, 5, 6
"""

_COUPONS = "SELECT body FROM coupons WHERE code > ? ORDER BY code LIMIT ?"
_PUT_COUPON = """
INSERT INTO coupons (code, usage_limit, per_customer_limit, body) VALUES (?, ?, ?, ?)
ON CONFLICT (code) DO UPDATE SET usage_limit = excluded.usage_limit, body = excluded.body,
    per_customer_limit = excluded.per_customer_limit
"""
_FIND_COUPONS = """
SELECT coupons.body FROM json_each(?) AS wanted JOIN coupons ON coupons.code = wanted.value ORDER BY wanted.key
"""
_REDEEMED = "SELECT 1 FROM coupon_redemptions WHERE order_id = :order_id AND code = :code"
# The limits are those of the stored coupon: a merchant may have lowered them since the caller read it.
_REDEEM = """
INSERT INTO coupon_redemptions (order_id, code, customer, customer_id, at)
SELECT :order_id, code, :customer, :customer_id, :at FROM coupons
WHERE code = :code
AND (usage_limit IS NULL OR used < usage_limit)
AND (per_customer_limit IS NULL OR per_customer_limit > (
    SELECT count(*) FROM coupon_redemptions
    WHERE code = :code
    AND (customer_id = :customer_id OR customer IN (SELECT value FROM json_each(:own)) AND customer_id IS NULL)
))
"""
_GIVE_BACK = "DELETE FROM coupon_redemptions WHERE order_id = ?"

T = TypeVar("T")


class SqliteShippingMethods:
    """The ways to send; the schema brings the first one, free and for every currency."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Sequence[ShippingMethod]:
        """See the port."""
        return await self._database.read(lambda connection: _bodies(connection, _METHODS, _method))

    async def put(self, method: ShippingMethod) -> None:
        """See the port."""
        row = (method.code, method.position, msgspec.json.encode(method))
        await self._database.write(lambda connection: _run(connection, _PUT_METHOD, row))

    async def remove(self, code: str) -> None:
        """See the port."""
        await self._database.write(lambda connection: _remove(connection, _REMOVE_METHOD, code))


class SqliteTaxRates:
    """The taxes of places."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Sequence[TaxRate]:
        """See the port."""
        return await self._database.read(lambda connection: _bodies(connection, _RATES, _rate))

    async def put(self, rate: TaxRate) -> None:
        """See the port."""
        row = (rate.id, rate.country, rate.region, rate.name, msgspec.json.encode(rate))
        await self._database.write(lambda connection: _run(connection, _PUT_RATE, row))

    async def remove(self, rate_id: str) -> None:
        """See the port."""
        await self._database.write(lambda connection: _remove(connection, _REMOVE_RATE, rate_id))


class SqlitePriceRules:
    """The rules of shipping and tax, of one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> PricingRules:
        """See the port."""
        return await self._database.read(_rules)


class SqliteCoupons:
    """Coupons by code, with their redemptions."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def put(self, coupon: Coupon) -> None:
        """See the port."""
        row = (coupon.code, coupon.usage_limit, coupon.per_customer_limit, msgspec.json.encode(coupon))
        await self._database.write(lambda connection: _run(connection, _PUT_COUPON, row))

    async def find(self, codes: Sequence[str]) -> Sequence[Coupon]:
        """See the port."""
        wanted = key_list(list(dict.fromkeys(codes)))
        return await self._database.read(lambda connection: _bodies(connection, _FIND_COUPONS, _coupon, wanted))

    async def page(self, after: Position | None, limit: int) -> Slice[Coupon]:
        """See the port."""
        asked = after[0] if after else "", limit + 1
        found = await self._database.read(lambda connection: _bodies(connection, _COUPONS, _coupon, *asked))
        return Slice(items=found[:limit], next_position=(found[limit - 1].code,) if len(found) > limit else None)

    async def redeem(
        self, coupon: Coupon, order_id: OrderId, email: str, at: datetime, holder: CouponHolder | None = None
    ) -> None:
        """See the port."""
        customers = self._sealer.blind_indexes(email, "coupons")
        own = customers if holder is None else self._sealer.blind_indexes(holder.email, "coupons")
        values: dict[str, str | int | None] = {"code": coupon.code, "order_id": order_id, "at": to_micros(at)}
        values |= {"customer": customers[0], "own": key_list(own)}
        values["customer_id"] = None if holder is None else holder.customer_id
        await self._database.write(lambda connection: _redeem(connection, values))

    async def give_back(self, order_id: OrderId) -> None:
        """See the port."""
        await self._database.write(lambda connection: _run(connection, _GIVE_BACK, (order_id,)))


def _cached(kind: type[T]) -> Callable[[bytes], T]:
    """A decoder that remembers: every cart asks for the same few rules, and one may have a rate for each currency."""
    return lru_cache(maxsize=256)(msgspec.json.Decoder(kind).decode)


_method, _rate, _coupon = _cached(ShippingMethod), _cached(TaxRate), _cached(Coupon)


def _rules(connection: sqlite3.Connection) -> PricingRules:
    found = connection.execute(_RULES).fetchall()
    return PricingRules(
        shipping_methods=tuple(_method(body) for is_rate, body, *_ in found if not is_rate),
        tax_rates=tuple(_rate(body) for is_rate, body, *_ in found if is_rate),
    )


def _bodies(
    connection: sqlite3.Connection, query: str, decode: Callable[[bytes], T], *values: str | int | None
) -> list[T]:
    return [decode(body) for (body,) in connection.execute(query, values)]


def _run(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    connection.execute(statement, values)


def _remove(connection: sqlite3.Connection, statement: str, key: str) -> None:
    if not connection.execute(statement, (key,)).rowcount:
        raise RuleNotFound


def _redeem(connection: sqlite3.Connection, values: dict[str, str | int | None]) -> None:
    if connection.execute(_REDEEMED, values).fetchone():
        return
    if not connection.execute(_REDEEM, values).rowcount:
        raise CouponUsedUp(str(values["code"]))

"""The merchant's price rules in MongoDB, and how often each coupon was used."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import bson
from bson.codec_options import CodecOptions
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.held_rules import HeldRules
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.pricing import COUPON_REDEMPTIONS, COUPONS, SHIPPING_METHODS, TAX_RATES
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import OrderId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealing import Sealer
from shopcore.pricing.errors import CouponUsedUp, RuleNotFound
from shopcore.pricing.model import Coupon, CouponHolder, PricingRules, ShippingMethod, TaxRate

_methods = Codec(SHIPPING_METHODS, ShippingMethod, key="code")
_rates = Codec(TAX_RATES, TaxRate)
_coupons = Codec(COUPONS, Coupon, key="code")


_METHODS_IN_ORDER = {"position": 1, "_id": 1}
_RATES_IN_ORDER = dict.fromkeys(("country", "region", "name", "_id"), 1)


class MongoShippingMethods:
    """The ways to send; the schema brings the first one, free and for every currency."""

    def __init__(self, database: MongoDatabase, held: HeldRules) -> None:
        self._database = database
        self._held = held
        self._methods = database.collection(SHIPPING_METHODS)

    async def everything(self) -> Sequence[ShippingMethod]:
        """See the port."""
        found = await self._database.read(
            lambda session: self._methods.find({}, session=session).sort(_METHODS_IN_ORDER).to_list()
        )
        return [_methods.decode(document) for document in found]

    async def put(self, method: ShippingMethod) -> None:
        """See the port."""
        new = _methods.encode(method)
        this = {"_id": method.code}
        with self._held.changing():
            await self._database.once(
                lambda session: self._methods.replace_one(this, new, upsert=True, session=session)
            )

    async def remove(self, code: str) -> None:
        """See the port."""
        with self._held.changing():
            done = await self._database.once(lambda session: self._methods.delete_one({"_id": code}, session=session))
        if done.deleted_count == 0:
            raise RuleNotFound


class MongoTaxRates:
    """The taxes of places."""

    def __init__(self, database: MongoDatabase, held: HeldRules) -> None:
        self._database = database
        self._held = held
        self._rates = database.collection(TAX_RATES)

    async def everything(self) -> Sequence[TaxRate]:
        """See the port."""
        found = await self._database.read(
            lambda session: self._rates.find({}, session=session).sort(_RATES_IN_ORDER).to_list()
        )
        return [_rates.decode(document) for document in found]

    async def put(self, rate: TaxRate) -> None:
        """See the port."""
        new = _rates.encode(rate)
        this = {"_id": rate.id}
        with self._held.changing():
            await self._database.once(lambda session: self._rates.replace_one(this, new, upsert=True, session=session))

    async def remove(self, rate_id: str) -> None:
        """See the port."""
        with self._held.changing():
            done = await self._database.once(lambda session: self._rates.delete_one({"_id": rate_id}, session=session))
        if done.deleted_count == 0:
            raise RuleNotFound


_RULES: list[Document] = [
    {"$sort": _RATES_IN_ORDER},
    {"$unionWith": {"coll": SHIPPING_METHODS.name, "pipeline": [{"$sort": _METHODS_IN_ORDER}]}},
]
_RAW = CodecOptions[RawBSONDocument](document_class=RawBSONDocument, tz_aware=True)
_KEPT = 4_096  # rules; more of them are read all the same, only not as fast


class MongoPriceRules:
    """The rules of shipping and tax in one statement; in two inside a transaction, which knows no union. They are read
    for every cart that is priced, and hardly ever change: they are held for a moment, and what came in the same bytes
    before is not made into a struct again.
    """

    def __init__(self, database: MongoDatabase, held: HeldRules) -> None:
        self._database = database
        self._held = held
        self._rates, self._methods = (
            database.collection(each).with_options(codec_options=_RAW) for each in (TAX_RATES, SHIPPING_METHODS)
        )

    async def everything(self) -> PricingRules:
        """See the port."""
        return await self._held.get(self._read)

    async def _read(self) -> PricingRules:
        async def step(session: Session) -> list[RawBSONDocument]:
            if session is None:
                return await (await self._rates.aggregate(_RULES)).to_list()
            rates = await self._rates.find({}, session=session).sort(_RATES_IN_ORDER).to_list()
            return rates + await self._methods.find({}, session=session).sort(_METHODS_IN_ORDER).to_list()

        rules = [_rule(bytes(document.raw)) for document in await self._database.read(step)]
        return PricingRules(
            shipping_methods=tuple(rule for rule in rules if isinstance(rule, ShippingMethod)),
            tax_rates=tuple(rule for rule in rules if isinstance(rule, TaxRate)),
        )


@lru_cache(_KEPT)
def _rule(raw: bytes) -> ShippingMethod | TaxRate:
    document = bson.decode(raw)
    return _methods.decode(document) if "rates" in document else _rates.decode(document)


class MongoCoupons:
    """Coupons by code, with their redemptions. Every use writes the coupon, so that no two are decided on one count."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._coupons = database.collection(COUPONS)
        self._redemptions = database.collection(COUPON_REDEMPTIONS)
        self._sealer = sealer

    async def put(self, coupon: Coupon) -> None:
        """See the port."""
        change = {"$set": _coupons.encode(coupon), "$setOnInsert": {"used": Int64(0)}}
        this = {"_id": coupon.code}
        await self._database.once(lambda session: self._coupons.update_one(this, change, upsert=True, session=session))

    async def find(self, codes: Sequence[str]) -> Sequence[Coupon]:
        """See the port."""
        if not codes:
            return []
        wanted = {"_id": {"$in": list(codes)}}
        found = await self._database.read(lambda session: self._coupons.find(wanted, session=session).to_list())
        by_code = {document["_id"]: _coupons.decode(document) for document in found}
        return [by_code[code] for code in dict.fromkeys(codes) if code in by_code]

    async def page(self, after: Position | None, limit: int) -> Slice[Coupon]:
        """See the port."""
        asked = beyond(("_id",), after)
        found = await self._database.read(
            lambda session: self._coupons.find(asked, session=session).sort("_id").limit(limit + 1).to_list()
        )
        return sliced(found, ("_id",), limit, _coupons.decode)

    async def redeem(
        self, coupon: Coupon, order_id: OrderId, email: str, at: datetime, holder: CouponHolder | None = None
    ) -> None:
        """See the port."""
        customers = list(self._sealer.blind_indexes(email, "coupons"))
        by_guests: Document = {"customer_id": {"$exists": False}}
        uses: Document = {**by_guests, "customer": {"$in": customers}}
        use: Document = {
            "_id": f"{order_id}/{coupon.code}",
            "order_id": order_id,
            "code": coupon.code,
            "customer": customers[0],
            "at": Int64(to_micros(at)),
        }
        if holder is not None:
            own = list(self._sealer.blind_indexes(holder.email, "coupons"))
            uses = {"$or": [{"customer_id": holder.customer_id}, {**by_guests, "customer": {"$in": own}}]}
            use["customer_id"] = holder.customer_id

        async def step(session: Session) -> None:
            self._database.claim(COUPONS, coupon.code)
            known = {"_id": use["_id"], "customer": {"$in": customers}}
            if await self._redemptions.find_one(known, {"_id": 1}, session=session):
                return
            await self._require_left(coupon.code, uses, session)
            await self._count(coupon.code, 1, session)
            await self._redemptions.insert_one(use, session=session)

        await self._database.write(step)

    async def give_back(self, order_id: OrderId) -> None:
        """See the port."""

        async def step(session: Session) -> None:
            used = await self._redemptions.find({"order_id": order_id}, session=session).to_list()
            for use in used:
                self._database.claim(COUPONS, use["code"])
                await self._count(use["code"], -1, session)
                this = {"_id": use["_id"], "customer": use["customer"]}
                await self._redemptions.delete_one(this, session=session)

        await self._database.write(step)

    async def _require_left(self, code: str, uses: Document, session: Session) -> None:
        """By the stored limits: a merchant may have lowered them since the caller read them."""
        coupon = await self._coupons.find_one({"_id": code}, session=session)
        if coupon is None or (coupon["usage_limit"] is not None and coupon["used"] >= coupon["usage_limit"]):
            raise CouponUsedUp(code)
        limit = coupon["per_customer_limit"]
        if limit is None:
            return
        used = {**uses, "code": code}
        if await self._redemptions.count_documents(used, limit=max(limit, 1), session=session) >= limit:
            raise CouponUsedUp(code)

    async def _count(self, code: str, uses: int, session: Session) -> None:
        await self._coupons.update_one({"_id": code}, {"$inc": {"used": Int64(uses)}}, session=session)

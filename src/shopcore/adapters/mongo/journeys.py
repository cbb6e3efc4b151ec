"""Journeys in MongoDB: a document for each cart, whose fields are filled as it goes on."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from bson.int64 import Int64
from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.holdings import WALK
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.operations import JOURNEYS
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.money import Money
from shopcore.reporting.model import Counts, Journey, Sales

_AT_ONCE = 1_000  # ids in one question, which may have 16 MB


class MongoJourneys:
    """How far each cart has come. Reports are read on a secondary, where there is one."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._journeys = database.collection(JOURNEYS)

    async def note(self, journey: Journey) -> None:
        """See the port."""
        times = {"opened": journey.opened_at, "placed": journey.placed_at, "paid": journey.paid_at}
        change: Document = {"$min": {name: Int64(to_micros(at)) for name, at in times.items() if at is not None}}
        known: Document = {} if journey.merged_into is None else {"merged_into": journey.merged_into}
        if journey.total is not None:
            amount = Int64(journey.total.amount)
            known |= {"order_id": journey.order_id, "amount": amount, "currency": journey.total.currency}
        if known:
            change["$set"] = known
        await self._database.once(
            lambda session: self._journeys.update_one({"_id": journey.cart_id}, change, upsert=True, session=session)
        )

    async def count(self, since: datetime, until: datetime) -> Counts:
        """See the port."""
        is_paid = {"$cond": [{"$gt": ["$paid", None]}, 1, 0]}
        is_placed = {"$cond": [{"$gt": ["$placed", None]}, 1, 0]}
        group = {
            "_id": {"currency": "$currency", "paid": is_paid},
            "carts": {"$sum": 1},
            "orders": {"$sum": is_placed},
            "amount": {"$sum": "$amount"},
        }
        asked = _counting(since, until)
        stages: list[Document] = [{"$match": asked}, {"$group": group}, {"$sort": {"_id.currency": 1}}]

        async def find(journeys: AsyncCollection[Document], session: Session) -> list[Document]:
            return await (await journeys.aggregate(stages, session=session)).to_list()

        groups = await self._database.read_past(JOURNEYS, find)
        paid = [each for each in groups if each["_id"]["paid"]]
        return Counts(
            carts=sum(int(each["carts"]) for each in groups),
            orders=sum(int(each["orders"]) for each in groups),
            paid=sum(int(each["carts"]) for each in paid),
            sales=tuple(
                Sales(orders=int(each["carts"]), total=Money(int(each["amount"]), each["_id"]["currency"]))
                for each in paid
            ),
        )

    async def unplaced(self, carts: Sequence[CartId], since: datetime, until: datetime) -> int:
        """See the port."""
        count = 0
        for start in range(0, len(carts), _AT_ONCE):
            some = carts[start : start + _AT_ONCE]
            find = partial(_count, {"_id": {"$in": list(some)}, "placed": None, **_counting(since, until)})
            count += await self._database.read_past(JOURNEYS, find)
        return count

    async def walk(self, after: str, limit: int) -> Sequence[tuple[str, Journey]]:
        """See the port."""
        asked = {"_id": {"$gt": after}}
        found = await self._database.read(
            lambda session: self._journeys.find(asked, comment=WALK, session=session).sort("_id").limit(limit).to_list()
        )
        return [(document["_id"], _journey(document)) for document in found]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        old = {"opened": {"$lt": Int64(to_micros(before))}}

        async def step(session: Session) -> int:
            found = await self._journeys.find(old, {"_id": 1}, session=session).sort("opened").limit(limit).to_list()
            ids = [each["_id"] for each in found]
            return (await self._journeys.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.once(step)


async def _count(asked: Document, journeys: AsyncCollection[Document], session: Session) -> int:
    return await journeys.count_documents(asked, session=session)


def _counting(since: datetime, until: datetime) -> Document:
    opened = {"$gte": Int64(to_micros(since)), "$lt": Int64(to_micros(until))}
    return {"opened": opened, "merged_into": None}


def _journey(document: Document) -> Journey:
    order_id, amount = document.get("order_id"), document.get("amount")
    return Journey(
        cart_id=CartId(document["_id"]),
        opened_at=from_micros(document["opened"]),
        order_id=None if order_id is None else OrderId(order_id),
        placed_at=_instant(document.get("placed")),
        paid_at=_instant(document.get("paid")),
        total=None if amount is None else Money(int(amount), document["currency"]),
        merged_into=document.get("merged_into"),
    )


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(int(micros))

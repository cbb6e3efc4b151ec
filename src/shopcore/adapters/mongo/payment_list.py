"""Payments in MongoDB, as staff look through them."""

from collections.abc import Sequence
from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.paging import after as following
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import PAYMENTS, PAYMENTS_BY_AGE
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.money import Money
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.model import Payment, PaymentState, PaymentTotal
from shopcore.payments.ports import PaymentFilter

_NEWEST_FIRST = ("-created_at", "-_id")
_codec = Codec(PAYMENTS, Payment)


class MongoPaymentList:
    """The payments of a span of time, and their sums: on a secondary, where there is one."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def page(self, wanted: PaymentFilter, after: Position | None, limit: int) -> Slice[Payment]:
        """See the port."""
        asked = {"$and": [_asked(wanted), following(_NEWEST_FIRST, after)]}

        async def find(payments: AsyncCollection[Document], session: Session) -> list[Document]:
            cursor = payments.find(asked, session=session).hint(PAYMENTS_BY_AGE.name).limit(limit + 1)
            return await cursor.sort(PAYMENTS_BY_AGE.spec).to_list()

        found = await self._database.read_past(PAYMENTS, find)
        return sliced(found, _NEWEST_FIRST, limit, _codec.decode)

    async def totals(self, wanted: PaymentFilter) -> Sequence[PaymentTotal]:
        """See the port."""
        group = {"gateway": "$gateway", "state": "$state", "currency": "$amount.currency"}
        stages = [
            {"$match": _asked(wanted)},
            {
                "$group": {
                    "_id": group,
                    "count": {"$sum": 1},
                    "amount": {"$sum": {"$ifNull": ["$captured.amount", "$amount.amount"]}},
                }
            },
            {"$sort": {"_id.gateway": 1, "_id.state": 1, "_id.currency": 1}},
        ]

        async def find(payments: AsyncCollection[Document], session: Session) -> list[Document]:
            cursor = await payments.aggregate(stages, session=session, hint=PAYMENTS_BY_AGE.name)
            return await cursor.to_list()

        return [_total(each) for each in await self._database.scan(PAYMENTS, find)]


def _total(found: Document) -> PaymentTotal:
    group = found["_id"]
    return PaymentTotal(
        gateway=group["gateway"],
        state=PaymentState(group["state"]),
        count=int(found["count"]),
        amount=Money(int(found["amount"]), group["currency"]),
    )


def _asked(wanted: PaymentFilter) -> Document:
    asked: Document = {"created_at": {"$gte": _second(wanted.since), "$lt": _second(wanted.until)}}
    if wanted.state is not None:
        asked["state"] = wanted.state.value
    if wanted.gateway is not None:
        asked["gateway"] = wanted.gateway
    return asked


def _second(at: datetime) -> str:
    """Without the Z or the fraction that follows in what is stored, and so not after any instant of its second."""
    return f"{at:%Y-%m-%dT%H:%M:%S}"

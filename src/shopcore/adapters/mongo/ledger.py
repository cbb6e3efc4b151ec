"""The books in MongoDB: entries of one order are numbered, so that none is posted on books that were read before it."""

import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import JOURNAL
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import OrderId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.money import Money
from shopcore.payments.errors import Unbalanced
from shopcore.payments.model import SALE, Account, JournalEntry, Total

_PAGE = 5_000

_codec = Codec(JOURNAL, JournalEntry, key="key")


class MongoLedger:
    """Append-only double-entry books."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._entries = database.collection(JOURNAL)

    async def post(self, *entries: JournalEntry) -> None:
        """See the port."""
        if any(amount for entry in entries for amount in _sums(entry).values()):
            raise Unbalanced

        if entries:
            await self._database.write(partial(self._append, entries))

    async def _append(self, entries: Sequence[JournalEntry], session: Session) -> None:
        """Two statements, of however many orders they are. A key belongs to one order, so those of its orders are all
        that they could collide with. An order's books begin with its sale: where that is posted there are none as a
        rule, and the server finds out if there are.
        """
        orders = {entry.order_id for entry in entries}
        for order_id in orders:
            self._database.claim(JOURNAL, order_id)
        sold = {entry.order_id for entry in entries if entry.key == f"{SALE}{entry.order_id}"}
        asked = orders if self._database.was_tried() else orders - sold
        there = await self._there(asked, session) if asked else []
        known, last = {each["_id"] for each in there}, Counter[str]()
        for each in there:
            last[each["order_id"]] = max(last[each["order_id"]], each["seq"])
        adding: dict[str, Document] = {}
        for entry in entries:
            if entry.key not in known and entry.key not in adding:
                last[entry.order_id] += 1
                adding[entry.key] = _document(entry, last[entry.order_id])
        if adding:
            await self._entries.insert_many(adding.values(), session=session)

    async def _there(self, orders: Collection[OrderId], session: Session) -> list[Document]:
        asked = {"order_id": {"$in": sorted(orders)}}
        return await self._entries.find(asked, {"order_id": 1, "seq": 1}, session=session).to_list()

    async def entries_of(self, *order_ids: OrderId) -> Sequence[JournalEntry]:
        """See the port."""
        asked = {"order_id": {"$in": order_ids}}
        found = await self._database.read(
            lambda session: self._entries.find(asked, session=session).sort({"order_id": 1, "seq": 1}).to_list()
        )
        return [_codec.decode(document) for document in found]

    async def posted(self, entries: Collection[JournalEntry]) -> frozenset[str]:
        """See the port. The orders tell a sharded cluster where to look."""
        orders = list({one.order_id for one in entries})
        asked = {"_id": {"$in": [one.key for one in entries]}, "order_id": {"$in": orders}}
        found = await self._database.read(
            lambda session: self._entries.find(asked, {"_id": 1}, session=session).to_list()
        )
        return frozenset(each["_id"] for each in found)

    async def balance(self, account: Account, order_id: OrderId | None = None) -> Mapping[str, Money]:
        """See the port."""
        asked: Document = {"postings.account": account.value}
        if order_id is not None:
            asked["order_id"] = order_id
        steps: list[Document] = [
            {"$match": asked},
            {"$unwind": "$postings"},
            {"$match": {"postings.account": account.value}},
            {"$group": {"_id": "$postings.amount.currency", "sum": {"$sum": "$postings.amount.amount"}}},
        ]

        async def step(session: Session) -> list[Document]:
            return await (await self._entries.aggregate(steps, session=session)).to_list()

        return {each["_id"]: Money(int(each["sum"]), each["_id"]) for each in await self._database.read(step)}

    async def entries_at(
        self, gateway: str, since: datetime, until: datetime, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """See the port."""
        asked = {"gateway": gateway, "moment": {"$gte": to_micros(since), "$lt": to_micros(until)}}
        documents: list[Document] = []
        last: Document = {}
        most = sys.maxsize if limit is None else limit

        async def page(session: Session) -> list[Document]:
            cursor = self._entries.find(asked | last, session=session).sort({"moment": 1, "_id": 1})
            return await cursor.limit(min(_PAGE, most - len(documents))).to_list()

        # Each within the time that a look-up may take.
        while len(documents) < most and (found := await self._database.read(page)):
            documents += found
            at, key = found[-1]["moment"], found[-1]["_id"]
            last = {"$or": [{"moment": {"$gt": at}}, {"moment": at, "_id": {"$gt": key}}]}
        return [_codec.decode(document) for document in documents]

    async def totals(self, since: datetime, until: datetime, *, fresh: bool = False) -> Sequence[Total]:
        """See the port."""
        group = {
            "account": "$postings.account",
            "gateway": "$gateway",
            "currency": "$postings.amount.currency",
            "is_sale": {"$eq": [{"$substrBytes": ["$_id", 0, len(SALE)]}, SALE]},
        }
        steps: list[Document] = [
            {"$match": {"moment": {"$gte": to_micros(since), "$lt": to_micros(until)}}},
            {"$unwind": "$postings"},
            {"$group": {"_id": group, "sum": {"$sum": "$postings.amount.amount"}}},
        ]

        async def find(entries: AsyncCollection[Document], session: Session) -> list[Document]:
            return await (await entries.aggregate(steps, session=session)).to_list()

        if fresh:
            sums = await self._database.read(lambda session: find(self._entries, session))
        else:
            sums = await self._database.scan(JOURNAL, find)
        found = [_total(each["_id"], int(each["sum"])) for each in sums]
        return sorted(found, key=lambda one: (one.account, one.gateway or "", one.amount.currency, one.is_sale))


def _total(group: Document, amount: int) -> Total:
    gateway = group.get("gateway")
    money = Money(amount, group["currency"])
    return Total(account=Account(group["account"]), gateway=gateway, amount=money, is_sale=group["is_sale"])


def _document(entry: JournalEntry, seq: int) -> Document:
    return _codec.encode(entry, moment=to_micros(entry.at), seq=seq)


def _sums(entry: JournalEntry) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for posting in entry.postings:
        sums[posting.amount.currency] += posting.amount.amount
    return sums

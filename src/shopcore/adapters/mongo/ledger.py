"""The books in MongoDB: entries of one order are numbered, so that none is posted on books that were read before it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import JOURNAL
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import OrderId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.money import Money
from shopcore.payments.errors import Unbalanced
from shopcore.payments.model import Account, JournalEntry

_codec = Codec(JOURNAL, JournalEntry, key="key")


class MongoLedger:
    """Append-only double-entry books."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._entries = database.collection(JOURNAL)

    async def post(self, entry: JournalEntry) -> None:
        """See the port."""
        if any(_sums(entry).values()):
            raise Unbalanced

        async def step(session: Session) -> None:
            self._database.claim(JOURNAL, entry.order_id)
            # A key belongs to one order, which says where to look for it.
            known = {"_id": entry.key, "order_id": entry.order_id}
            if await self._entries.find_one(known, {"_id": 1}, session=session):
                return
            last = await self._entries.find_one({"order_id": entry.order_id}, sort=[("seq", -1)], session=session)
            seq = last["seq"] + 1 if last else 1
            await self._entries.insert_one(_document(entry, seq), session=session)

        await self._database.write(step)

    async def entries_of(self, order_id: OrderId) -> Sequence[JournalEntry]:
        """See the port."""
        found = await self._database.read(
            lambda session: self._entries.find({"order_id": order_id}, session=session).sort("seq").to_list()
        )
        return [_codec.decode(document) for document in found]

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


def _document(entry: JournalEntry, seq: int) -> Document:
    return _codec.encode(entry, moment=to_micros(entry.at), seq=seq)


def _sums(entry: JournalEntry) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for posting in entry.postings:
        sums[posting.amount.currency] += posting.amount.amount
    return sums

"""Active products as buyers look for them: pages by keyset, each order read from an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.frequencies import Frequencies
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import plain
from shopcore.adapters.mongo.product_documents import readable
from shopcore.adapters.mongo.product_places import ANY_CURRENCY, EVERYTHING, filters_asked, short_id
from shopcore.adapters.mongo.schema.catalog import LISTED, PRICED, PRODUCTS, SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document, Index
from shopcore.adapters.mongo.search import FEW, Search
from shopcore.adapters.mongo.search_query import Query, unplanned
from shopcore.adapters.mongo.stock_filter import in_stock
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.model import MAX_WORDS, Facets, Product, ProductFilter, ProductSort, SearchHits, words_in
from shopcore.kernel.paging import Position, Slice


@dataclass(frozen=True, slots=True)
class _Order:
    """An order's index, the part of it that is the order (falling where it begins with `-`), and what it reads."""

    index: Index
    keys: tuple[str, ...]
    of_a_currency: bool = False


_NEWEST, _NAME, _RATING, _LOW, _HIGH = LISTED.indexes
_ORDERS = {
    ProductSort.NEWEST: _Order(_NEWEST, ("-created", "-tie")),
    ProductSort.PRICE_ASC: _Order(_LOW, ("low", "tie"), of_a_currency=True),
    ProductSort.PRICE_DESC: _Order(_HIGH, ("-high", "-tie"), of_a_currency=True),
    ProductSort.RATING: _Order(_RATING, ("-rating_average", "-rating_count", "-tie")),
    ProductSort.NAME: _Order(_NAME, ("name", "tie")),
}


class MongoProductListing:
    """Active products by keyset, and by relevance, from secondaries where there are some; but nothing older than the
    catalogue's revision as this process last saw it, since that is what pages are kept under.

    A search looks at `few` products whole, at more of them in order.
    """

    def __init__(self, database: MongoDatabase, *, few: int = FEW) -> None:
        self._few = few
        self._frequencies = Frequencies()
        self._database = database

    async def page(
        self, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
    ) -> Slice[Product]:
        """See the port."""
        order, hint = _ORDERS[sort], index_of(sort)
        filters = filters_asked(wanted) or [EVERYTHING]

        async def find(listed: AsyncCollection[Document], session: Session) -> list[Document]:
            rarest = filters[0] if len(filters) == 1 else await self._frequencies.rarest(listed, session, filters)
            steps = page_steps(wanted, sort, after, limit, rarest)
            return await (await listed.aggregate(steps, session=session, hint=hint)).to_list()

        rows = await self._database.read_seen(LISTED, find)
        shown = rows[:limit]
        more = _position(shown[-1], order.keys) if len(rows) > limit else None
        return Slice(items=readable(row["found"] for row in shown), next_position=more)

    async def search(self, text: str, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        """See the port."""
        words = words_in(text)[:MAX_WORDS]
        if not words:
            return SearchHits(items=(), total=0, total_is_exact=True, facets=Facets())
        query = Query(words, wanted)

        async def find(searched: AsyncCollection[Document], session: Session) -> SearchHits:
            return await Search(searched, session, query, self._few).page(wanted, after, limit)

        return await self._database.read_seen(SEARCHED, find)


def index_of(sort: ProductSort) -> str:
    """The index that an order is read from."""
    return _ORDERS[sort].index.name


def page_steps(
    wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int, rarest: str
) -> list[Document]:
    """The aggregation that is a page: in its order, along what meets the rarest of its filters."""
    order, others = _ORDERS[sort], [text for text in filters_asked(wanted) if text != rarest]
    priced = order.of_a_currency or wanted.min_price is not None or wanted.max_price is not None
    conditions: list[Document] = [
        {"currency": wanted.currency if priced else ANY_CURRENCY},
        {"filters": rarest},
        *(unplanned({"filters": text}) for text in others),
    ]
    if order.of_a_currency:
        conditions.append(PRICED)
    if wanted.max_price is not None:
        conditions.append({"low": {"$lte": wanted.max_price}})
    if wanted.min_price is not None:
        conditions.append({"high": {"$gte": wanted.min_price}})
    return [
        {"$match": _each(conditions, _after(order.keys, after))},
        {"$sort": {key.removeprefix("-"): -1 if key.startswith("-") else 1 for key in order.keys}},
        *_whole(wanted, limit + 1),
    ]


def _after(keys: Sequence[str], position: Position | None) -> list[Document]:
    """What may come after a position: alternatives, each of which is a range of the index."""
    if position is None:
        return [{}]
    *values, product_id = position
    found = beyond(keys, (*values, short_id(str(product_id))))
    return found["$or"]  # type: ignore[no-any-return]


def _each(conditions: Sequence[Document], alternatives: Sequence[Document]) -> Document:
    """At the root, so that the index is entered once for each alternative, and what went before is not walked over."""
    return {"$or": [{"$and": [*conditions, alternative]} for alternative in alternatives]}


def _whole(wanted: ProductFilter, limit: int) -> list[Document]:
    """From small documents to products. Where stock is asked for, as many are looked at as a page takes."""
    look_up: Document = {"from": PRODUCTS.name, "localField": "product", "foreignField": "_id", "as": "found"}
    whole: list[Document] = [{"$lookup": look_up}, {"$unwind": "$found"}]
    if wanted.in_stock is None:
        return [{"$limit": limit}, *whole]
    return [
        *whole,
        *in_stock("found.variants.sku", {"$size": "$found.variants"}, wanted=wanted.in_stock),
        {"$limit": limit},
    ]


def _position(row: Document, keys: Sequence[str]) -> Position:
    return (*(plain(row[key.removeprefix("-")]) for key in keys[:-1]), row["product"])

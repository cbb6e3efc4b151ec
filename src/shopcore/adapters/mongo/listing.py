"""Active products as buyers look for them: pages by keyset, each order read from an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.product_documents import readable
from shopcore.adapters.mongo.product_places import ANY_CURRENCY, EVERYTHING, filters_asked, short_id
from shopcore.adapters.mongo.schema.catalog import LISTED, PRICED, PRODUCTS, SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document, Index
from shopcore.adapters.mongo.search import FEW, Search
from shopcore.adapters.mongo.search_query import Query
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
    """Active products by keyset, and by relevance. A search looks at `few` products whole, at more of them in order."""

    def __init__(self, database: MongoDatabase, *, few: int = FEW) -> None:
        self._few = few
        self._database = database
        self._listed = database.collection(LISTED)
        self._searched = database.collection(SEARCHED)
        self._products = database.collection(PRODUCTS)

    async def page(
        self, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
    ) -> Slice[Product]:
        """See the port."""
        order = _ORDERS[sort]
        steps = page_steps(wanted, sort, after, limit)

        async def step(session: Session) -> list[Document]:
            return await (await self._listed.aggregate(steps, session=session, hint=order.index.name)).to_list()

        rows = await self._database.read(step)
        shown = rows[:limit]
        more = _position(shown[-1], order.keys) if len(rows) > limit else None
        return Slice(items=readable(row["found"] for row in shown), next_position=more)

    async def search(self, text: str, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        """See the port."""
        words = words_in(text)[:MAX_WORDS]
        if not words:
            return SearchHits(items=(), total=0, total_is_exact=True, facets=Facets())
        query = Query(words, wanted)

        async def step(session: Session) -> SearchHits:
            return await Search(self._searched, self._products, session, query, self._few).page(wanted, after, limit)

        return await self._database.read(step)


def page_steps(wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int) -> list[Document]:
    """The aggregation that is a page."""
    order = _ORDERS[sort]
    priced = order.of_a_currency or wanted.min_price is not None or wanted.max_price is not None
    conditions: list[Document] = [
        {"currency": wanted.currency if priced else ANY_CURRENCY},
        {"filters": {"$all": filters_asked(wanted) or [EVERYTHING]}},
    ]
    if order.of_a_currency:
        conditions.append(PRICED)
    if wanted.max_price is not None:
        conditions.append({"low": {"$lte": wanted.max_price}})
    if wanted.min_price is not None:
        conditions.append({"high": {"$gte": wanted.min_price}})
    return [
        {"$match": {"$and": [*conditions, *_after(order.keys, after)]}},
        {"$sort": {key.removeprefix("-"): -1 if key.startswith("-") else 1 for key in order.keys}},
        *_whole(wanted, limit + 1),
    ]


def _after(keys: Sequence[str], position: Position | None) -> list[Document]:
    """The first condition follows from the second, and is one that an index can be entered by."""
    if position is None:
        return []
    *values, product_id = position
    first = keys[0]
    reached = {first.removeprefix("-"): {"$lte" if first.startswith("-") else "$gte": position[0]}}
    return [reached, beyond(keys, (*values, short_id(str(product_id))))]


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
    return (*(row[key.removeprefix("-")] for key in keys[:-1]), row["product"])

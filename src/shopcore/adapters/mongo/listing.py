"""Active products as buyers look for them: pages by keyset, each order read from an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from bson.int64 import Int64
from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.narrow_spans import NarrowSpans, Span
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import plain
from shopcore.adapters.mongo.price_spans import bands_met, looked_at, ranges_by
from shopcore.adapters.mongo.product_documents import readable
from shopcore.adapters.mongo.product_places import ANY_CURRENCY, EVERYTHING, combined, filters_asked, short_id, wide
from shopcore.adapters.mongo.schema.catalog import LISTED, PRICED, PRODUCTS, SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document, Index
from shopcore.adapters.mongo.search import Search
from shopcore.adapters.mongo.search_frequent import BOUNDS, Bounds
from shopcore.adapters.mongo.search_query import Query, unplanned
from shopcore.adapters.mongo.stock_filter import in_stock
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.model import MAX_WORDS, Facets, Product, ProductFilter, ProductSort, SearchHits, words_in
from shopcore.kernel.paging import Position, Slice


@dataclass(frozen=True, slots=True)
class _Order:
    """An order's index, the part of it that is the order (falling where it begins with `-`), and the price that it is
    of, or the index by bands of prices.
    """

    index: Index
    keys: tuple[str, ...]
    price: str | None = None
    banded: Index | None = None

    def index_for(self, wanted: ProductFilter) -> Index:
        """The one that a page is read from."""
        return self.banded if self.banded is not None and bands_met(wanted) else self.index


_NEWEST, _NAME, _RATING, _LOW, _HIGH, _NEW_IN_BAND, _NAME_IN_BAND, _RATING_IN_BAND = LISTED.indexes
_ORDERS = {
    ProductSort.NEWEST: _Order(_NEWEST, ("-created", "-tie"), banded=_NEW_IN_BAND),
    ProductSort.PRICE_ASC: _Order(_LOW, ("low", "tie"), price="low"),
    ProductSort.PRICE_DESC: _Order(_HIGH, ("-high", "-tie"), price="high"),
    ProductSort.RATING: _Order(_RATING, ("-rating_average", "-rating_count", "-tie"), banded=_RATING_IN_BAND),
    ProductSort.NAME: _Order(_NAME, ("name", "tie"), banded=_NAME_IN_BAND),
}


class MongoProductListing:
    """Active products by keyset, and by relevance, from secondaries where there are some; but nothing older than the
    catalogue's revision as this process last saw it, since that is what pages are kept under.

    How much a search looks at is bounded: `search_frequent` says what that leaves out.
    """

    def __init__(self, database: MongoDatabase, *, bounds: Bounds = BOUNDS, narrow: NarrowSpans | None = None) -> None:
        self._bounds = bounds
        self._narrow = narrow or NarrowSpans()
        self._database = database

    async def page(
        self, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
    ) -> Slice[Product]:
        """See the port."""
        order = _ORDERS[sort]

        async def find(listed: AsyncCollection[Document], session: Session) -> list[Document]:
            steps, index = page_steps(wanted, sort, after, limit), index_of(sort, wanted)
            has_span = order.price is None and _has_prices(wanted)
            if has_span and await self._narrow.is_read_whole(listed, session, _span(wanted, order)):
                steps, index = sorted_steps(wanted, sort, after, limit), _LOW.name
            return await (await listed.aggregate(steps, session=session, hint=index)).to_list()

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
            return await Search(searched, session, query, self._bounds).page(wanted, after, limit)

        return await self._database.read_seen(SEARCHED, find)


def index_of(sort: ProductSort, wanted: ProductFilter) -> str:
    """The index that a page is read from."""
    return _ORDERS[sort].index_for(wanted).name


def page_steps(wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int) -> list[Document]:
    """The aggregation that is a page: in its order, along what meets all of its filters at once."""
    order = _ORDERS[sort]
    # At the root, so that the index is entered once for each, and what went before is not walked over.
    return [{"$match": {"$or": _alternatives(wanted, order, after)}}, *_shown(wanted, order, limit)]


def sorted_steps(wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int) -> list[Document]:
    """The same page from all that meets a span of prices."""
    order = _ORDERS[sort]
    start: list[Document] = [{"$match": {"$or": _after(order.keys, after)}}]
    span = _alternatives(wanted, _ORDERS[ProductSort.PRICE_ASC], None)
    return [{"$match": {"$or": span}}, *start, *_shown(wanted, order, limit)]


def _alternatives(wanted: ProductFilter, order: _Order, after: Position | None) -> list[Document]:
    """What a page shows, as ranges of its index."""
    is_priced = order.price is not None or _has_prices(wanted)
    shared: Document = {"currency": wanted.currency if is_priced else ANY_CURRENCY}
    if order.price is None:
        shared |= looked_at(wanted)
    founds, starts = _found_by(filters_asked(wanted)), _after(order.keys, after)
    is_alone = len(founds) == len(starts) == 1
    spans = _banded(wanted, is_alone=is_alone) if order.price is None else ranges_by(order.price, wanted)
    return [{"$and": [shared | found_by, span, start]} for found_by in founds for span in spans for start in starts]


def _span(wanted: ProductFilter, order: _Order) -> Span:
    found_by = _found_by(filters_asked(wanted))
    return Span(
        met_by=_alternatives(wanted, _ORDERS[ProductSort.PRICE_ASC], None),
        index_of_prices=_LOW.name,
        walked_along=[{"currency": wanted.currency, **each, **band} for each in found_by for band in _banded(wanted)],
        index_of_order=order.index_for(wanted).name,
    )


def _banded(wanted: ProductFilter, *, is_alone: bool = False) -> Sequence[Document]:
    """In which bands of prices a span is looked for. A list of them is planned in half the time, but merged only where
    it is the one alternative: of several the server would sort all that they hold.
    """
    bands = [Int64(band) for band in bands_met(wanted)]
    if is_alone and bands:
        return [{**PRICED, "band": {"$in": bands}}]
    return [{**PRICED, "band": band} for band in bands] or [{}]


def _has_prices(wanted: ProductFilter) -> bool:
    return wanted.min_price is not None or wanted.max_price is not None


def _shown(wanted: ProductFilter, order: _Order, limit: int) -> list[Document]:
    keys = {key.removeprefix("-"): -1 if key.startswith("-") else 1 for key in order.keys}
    return [{"$sort": keys}, *_whole(wanted, limit + 1)]


def _found_by(filters: Sequence[str]) -> list[Document]:
    """What meets several filters has an entry for all of them at once; but for what has too many of those, which is
    found by the last, and looked at.
    """
    if len(filters) < 2:
        return [{"filters": filters[0] if filters else EVERYTHING}]
    *others, last = filters
    looked_through = {"filters": wide(last), "$and": [unplanned({"filters": text}) for text in others]}
    return [{"filters": combined(filters)}, looked_through]


def _after(keys: Sequence[str], position: Position | None) -> list[Document]:
    """What may come after a position: alternatives, each of which is a range of the index."""
    if position is None:
        return [{}]
    *values, product_id = position
    found = beyond(keys, (*values, short_id(str(product_id))))
    return found["$or"]  # type: ignore[no-any-return]


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

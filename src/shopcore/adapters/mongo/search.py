"""Full-text search: beginnings of words find, where they stand ranks, and facets are counted over the first hits.

What is rare is looked at whole; what is frequent is visited from the best on. So no search looks at all that it finds.
"""

import bisect
from collections import Counter
from collections.abc import Iterable, Sequence

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.product_documents import readable
from shopcore.adapters.mongo.product_places import columns_of, facet_of
from shopcore.adapters.mongo.schema.catalog import PRODUCTS
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.search_frequent import Bounds, FrequentSearch
from shopcore.adapters.mongo.search_hits import SHOWN, Found, Hit, Rows, hit_of
from shopcore.adapters.mongo.search_query import Query
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.model import (
    COUNTED_HITS,
    FACET_VALUES,
    Facets,
    FacetValue,
    Product,
    ProductFilter,
    SearchHits,
    price_bands,
    relevance,
)
from shopcore.kernel.paging import Position


class Search:
    """One search, within one transaction or none."""

    def __init__(self, searched: AsyncCollection[Document], session: Session, query: Query, bounds: Bounds) -> None:
        self._bounds = bounds.of(query.weight)
        self._products = searched.database.get_collection(PRODUCTS.name, read_preference=searched.read_preference)
        self._session = session
        self._rows = Rows(searched, session)
        self._query = query

    async def page(self, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        """One page by relevance, with the total and the facets of the whole search."""
        counts = await self._rows.counted(self._query.conditions, self._bounds.few + 1)
        rarest = min(range(len(counts)), key=counts.__getitem__)
        if counts[rarest] <= self._bounds.few:
            every = await self._look_at_all(rarest) if counts[rarest] else []
            counted, page = Found(every[: COUNTED_HITS + 1], is_whole=True), _after(every, after)[: limit + 1]
        else:
            counted, page = await self._among_many(counts, after, limit)
        first = counted.hits[:COUNTED_HITS]
        return SearchHits(
            items=tuple(await self._whole([hit.id for hit in page[:limit]])),
            total=len(first),
            total_is_exact=counted.is_whole and len(counted.hits) <= COUNTED_HITS,
            facets=_facets(first, wanted.currency),
            next_position=page[limit - 1][:2] if len(page) > limit else None,
        )

    async def _look_at_all(self, rarest: int) -> list[Hit]:
        """Every hit, best first, from what meets the rarest condition."""
        steps: list[Document] = [
            {"$match": self._query.driven_by(rarest)},
            *self._query.stock,
            {"$project": {**SHOWN, "words": {"$setIntersection": ["$words", self._query.every_mark]}}},
        ]
        rows = await self._rows.of(steps, self._query.index_of(rarest))
        return sorted(hit_of(row, relevance([columns_of(marked) for marked in row["words"]])) for row in rows)

    async def _among_many(
        self, counts: Sequence[int], after: Position | None, limit: int
    ) -> tuple[Found, Sequence[Hit]]:
        """The first hits, and those of the page."""
        if not self._query.is_one_word and self._bounds.pooled > self._bounds.few:
            counts = await self._rows.counted(self._query.conditions, self._bounds.pooled + 1)
        frequent = FrequentSearch(self._rows, self._query, counts, self._bounds)
        counted = await frequent.best(None, COUNTED_HITS + 1)
        page = _after(counted.hits, after)[: limit + 1]
        is_all = counted.is_whole and len(counted.hits) <= COUNTED_HITS
        is_in_reach = after is None or len(page) > limit or is_all
        return counted, page if is_in_reach else (await frequent.best(after, limit + 1)).hits

    async def _whole(self, ids: Sequence[str]) -> list[Product]:
        found = await self._products.find({"_id": {"$in": list(ids)}}, session=self._session).to_list()
        by_id = {document["_id"]: document for document in found}
        return readable(by_id[each] for each in ids if each in by_id)


def _after(hits: Sequence[Hit], position: Position | None) -> Sequence[Hit]:
    return hits if position is None else hits[bisect.bisect_right(hits, position, key=lambda hit: hit[:2]) :]


def _facets(hits: Sequence[Hit], currency: str) -> Facets:
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in ("category", "brand", "tag", "")}
    for hit in hits:
        for text in hit.filters:
            kind, value = facet_of(text)
            counts[kind][value] += 1
    spans = [(price["low"], price["high"]) for hit in hits for price in hit.prices if price["currency"] == currency]
    return Facets(
        category=_values(counts["category"].items()),
        brand=_values(counts["brand"].items()),
        tag=_values(counts["tag"].items()),
        price=price_bands(spans),
    )


def _values(counts: Iterable[tuple[str, int]]) -> tuple[FacetValue, ...]:
    best = sorted(counts, key=lambda one: (-one[1], one[0]))[:FACET_VALUES]
    return tuple(FacetValue(value=value, count=count) for value, count in best)

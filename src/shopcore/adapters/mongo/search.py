"""Full-text search: beginnings of words find, where they stand ranks, and facets are counted over the first hits.

What is rare is looked at whole. What is frequent is visited class by class, a class being the products of one
relevance, from the best one down, each in the order of an index, until there are hits enough. So no search looks at all
that it finds.
"""

import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.product_documents import readable
from shopcore.adapters.mongo.product_places import columns_of, facet_of, product_id_of
from shopcore.adapters.mongo.schema.catalog import PRODUCTS
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.search_classes import Class, classes_of
from shopcore.adapters.mongo.search_query import Query, every_mark, in_order_after
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

FEW = 2_000
"""As many products are looked at whole; beyond that, class by class."""

MANY = 20_000
"""Of conditions that many products meet, the one that fewest do drives, as far as this many are counted."""

_Classes: TypeAlias = Sequence[Sequence[Class]]


class Hit(NamedTuple):
    """A product that was found. Smaller places are better."""

    place: int
    id: str
    filters: list[str]
    prices: list[Document]


class Search:
    """One search, within one transaction or none."""

    def __init__(self, searched: AsyncCollection[Document], session: Session, query: Query, few: int) -> None:
        self._few = few
        self._searched = searched
        self._products = searched.database.get_collection(PRODUCTS.name, read_preference=searched.read_preference)
        self._session = session
        self._query = query

    async def page(self, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        """One page by relevance, with the total and the facets of the whole search."""
        counts = await self._counts(self._few + 1)
        rarest = min(counts, key=counts.__getitem__)
        if counts[rarest] <= self._few:
            every = await self._look_at_all(rarest) if counts[rarest] else []
            counted, page = every[: COUNTED_HITS + 1], _after(every, after)[: limit + 1]
        else:
            if len(counts) > 1:
                counts = await self._counts(MANY)
            rarest = min(counts, key=lambda number: (counts[number], -number))  # of several, a filter
            classes = await self._classes()
            counted = await self._visit(classes, rarest, None, COUNTED_HITS + 1)
            page = counted[: limit + 1] if after is None else await self._visit(classes, rarest, after, limit + 1)
        first = counted[:COUNTED_HITS]
        return SearchHits(
            items=tuple(await self._whole([hit.id for hit in page[:limit]])),
            total=len(first),
            total_is_exact=len(counted) <= COUNTED_HITS,
            facets=_facets(first, wanted.currency),
            next_position=page[limit - 1][:2] if len(page) > limit else None,
        )

    async def _counts(self, bound: int) -> dict[int, int]:
        """How many products meet each condition, counted to `bound`, in one call."""
        steps: list[list[Document]] = [
            [{"$match": condition}, {"$limit": bound}, {"$group": {"_id": number, "count": {"$sum": 1}}}]
            for number, condition in enumerate(self._query.conditions)
        ]
        found = await self._all_rows(steps)
        return dict.fromkeys(range(len(steps)), 0) | {row["_id"]: row["count"] for row in found}

    async def _look_at_all(self, rarest: int) -> list[Hit]:
        """Every hit, best first, from what meets the rarest condition."""
        steps: list[Document] = [
            {"$match": self._query.driven_by(rarest)},
            *self._query.stock,
            {"$project": {**_SHOWN, "words": {"$setIntersection": ["$words", self._query.every_mark]}}},
        ]
        rows = await self._rows(steps, self._query.index_of(rarest))
        return sorted(_hit(row, relevance([columns_of(marked) for marked in row["words"]])) for row in rows)

    async def _classes(self) -> _Classes:
        """The classes that there may be, best first, those of one relevance together."""
        marks = await self._all_rows(
            [
                [{"$match": {"words": mark}}, {"$limit": 1}, {"$project": {"_id": 0, "mark": {"$literal": mark}}}]
                for mark in self._query.every_mark
            ]
        )
        there = {mark["mark"] for mark in marks}
        known = [[columns for mark, columns in every_mark(word) if mark in there] for word in self._query.words]
        return classes_of(known)

    async def _visit(self, classes: _Classes, driver: int, after: Position | None, limit: int) -> list[Hit]:
        """The best hits after a position."""
        hits: list[Hit] = []
        for alike in classes:
            worth = alike[0].worth
            start = None
            if after is not None:
                place, product_id = int(after[0] or 0), str(after[1])
                if worth > -(place // 1000):
                    continue
                if worth == -(place // 1000):
                    start = place % 1000, product_id
            found: list[Hit] = []
            for each in alike:
                steps: list[Document] = [
                    {"$match": in_order_after(start, self._query.in_class(each, driver))},
                    {"$sort": {"length": 1, "_id": 1}},
                    *self._query.stock,
                    {"$limit": limit - len(hits)},
                    {"$project": _SHOWN},
                ]
                found.extend(_hit(row, worth) for row in await self._rows(steps, self._query.index_of(driver)))
            hits.extend(sorted(found)[: limit - len(hits)])
            if len(hits) == limit:
                break
        return hits

    async def _whole(self, ids: Sequence[str]) -> list[Product]:
        found = await self._products.find({"_id": {"$in": list(ids)}}, session=self._session).to_list()
        by_id = {document["_id"]: document for document in found}
        return readable(by_id[each] for each in ids if each in by_id)

    async def _all_rows(self, pipelines: Sequence[list[Document]]) -> list[Document]:
        """Several aggregations as one, so that they cost one round trip; a transaction takes no `$unionWith`, so there
        it is one after the other.
        """
        if self._session is not None and self._session.in_transaction:
            return [row for each in pipelines for row in await self._rows(each)]
        first, *rest = pipelines
        return await self._rows(
            [*first, *({"$unionWith": {"coll": self._searched.name, "pipeline": each}} for each in rest)]
        )

    async def _rows(self, steps: Sequence[Document], hint: str | None = None) -> list[Document]:
        options: dict[str, Any] = {} if hint is None else {"hint": hint}
        return await (await self._searched.aggregate(steps, session=self._session, **options)).to_list()


_SHOWN: Document = {"length": 1, "filters": 1, "prices": 1}


def _hit(row: Document, worth: int) -> Hit:
    return Hit(row["length"] - 1000 * worth, product_id_of(row["_id"]), row["filters"], row["prices"])


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

"""Searches of which every condition is met by many products.

A word by itself is visited class by class, a class being the products of one relevance, from the best one down, each
in the order of an index, until there are hits enough. With more conditions than that, what few of a class meet
together is found after many looks; so the looks are counted. When they are used up, the rest of the hits are those
among a pool: the first products that meet the rarest condition.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from shopcore.adapters.mongo.product_places import columns_of, product_id_of, short_id
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.search_classes import Class, classes_of
from shopcore.adapters.mongo.search_hits import IN_ORDER, SHOWN, Found, Hit, Rows, hit_of, place_of
from shopcore.adapters.mongo.search_query import Query, every_mark, in_order_after
from shopcore.catalog.model import COUNTED_HITS, relevance
from shopcore.kernel.paging import Position

_Start: TypeAlias = tuple[int, str] | None
_Place: TypeAlias = tuple[int, str]
_UNBOUNDED = 2**31 - 1
_ENOUGH = 200
"""With so many hits nobody looks for those that come by in no order."""


_TRIP = 100
"""Asking for a class takes as long as so many looks."""


class Bounds(NamedTuple):
    """How many products a search of two words looks at; one of more words at fewer, since each is tested by all.

    As many as are `few` are looked at whole, whatever is asked for.
    """

    few: int = 2_000
    visited: int = 6_000
    pooled: int = 10_000

    def of(self, weight: int) -> "Bounds":
        """The same effort for products that cost so many words each."""
        return self._replace(
            visited=2 * self.visited // weight, pooled=max(self.few, 2 * self.pooled // weight) if self.pooled else 0
        )


BOUNDS = Bounds()


class FrequentSearch:
    """One search. `counts` says how many products meet each condition, counted beyond the bounds."""

    def __init__(self, rows: Rows, query: Query, counts: Sequence[int], bounds: Bounds) -> None:
        self._rows = rows
        self._query = query
        self._bounds = bounds
        self._word = min(range(len(query.words)), key=counts.__getitem__)
        self._rarest = min(range(len(counts)), key=lambda number: (counts[number], -number))  # of several, a filter
        self._is_pool_whole = counts[self._rarest] <= bounds.pooled
        self._there: list[list[str]] | None = None
        self._places: list[_Place] | None = None

    async def best(self, after: Position | None, limit: int) -> Found:
        """The best hits after a position."""
        if self._query.is_one_word:
            return await self._visit(after, limit, _UNBOUNDED)
        visited = await self._visit(after, limit, self._bounds.visited)
        if visited.is_whole or (len(visited.hits) >= min(limit, _ENOUGH) and not self._is_pool_whole):
            return visited
        pooled = await self._from_pool(after, limit)
        hits = {hit[:2]: hit for hit in (*pooled, *visited.hits)}
        return Found([hits[place] for place in sorted(hits)][:limit], self._is_pool_whole)

    async def _visit(self, after: Position | None, limit: int, looks: int) -> Found:
        """From the best class down, by the rarest word. Whole, unless the looks are used up before."""
        if looks < 1:
            return Found([], is_whole=False)
        hits: list[Hit] = []
        for alike in classes_of([list(map(columns_of, word)) for word in await self._marks()]):
            start, is_passed = _start_in(alike[0].worth, after)
            if is_passed:
                continue
            found: list[Hit] = []
            for each in alike:
                some = await self._visit_one(each, start, limit - len(hits), looks)
                found.extend(some)
                if len(some) < limit - len(hits) and looks < _UNBOUNDED:
                    looks -= max(await self._looked_at(each, start, looks), _TRIP)
                if looks <= 0:
                    return Found([*hits, *sorted(found)][:limit], is_whole=False)
            hits.extend(sorted(found)[: limit - len(hits)])
            if len(hits) == limit:
                break
        return Found(hits, is_whole=True)

    async def _visit_one(self, wanted: Class, start: _Start, limit: int, looks: int) -> list[Hit]:
        driving, others = self._query.in_class(wanted, self._word)
        tested = _tested(looks, others) if looks < _UNBOUNDED else []
        steps = [{"$match": in_order_after(start, driving)}, IN_ORDER, *tested, *self._query.stock]
        rows = await self._rows.of([*steps, {"$limit": limit}, {"$project": SHOWN}], self._query.index_of(self._word))
        return [hit_of(row, wanted.worth) for row in rows]

    async def _looked_at(self, wanted: Class, start: _Start, looks: int) -> int:
        driving, _ = self._query.in_class(wanted, self._word)
        (count,) = await self._rows.counted([in_order_after(start, driving)], looks)
        return count

    async def _from_pool(self, after: Position | None, limit: int) -> list[Hit]:
        if self._places is None:
            self._places = sorted(await self._pool())
        places = [place for place in self._places if after is None or place > tuple(after)]
        hits: list[Hit] = []
        # Stock is looked up for the best alone, which are enough unless next to nothing is in stock.
        for first in range(0, len(places), COUNTED_HITS):
            hits.extend(await self._hits_at(places[first : first + COUNTED_HITS]))
            if len(hits) >= limit:
                break
        return hits[:limit]

    async def _hits_at(self, places: Iterable[_Place]) -> list[Hit]:
        by_id = {product_id: place for place, product_id in places}
        asked = {"_id": {"$in": [short_id(product_id) for product_id in by_id]}}
        rows = await self._rows.of([{"$match": asked}, *self._query.stock, {"$project": SHOWN}])
        hits = (hit_of(row, 0) for row in rows)
        return sorted(hit._replace(place=by_id[hit.id]) for hit in hits)

    async def _pool(self) -> list[_Place]:
        """Where each hit stands among the first products that meet the rarest condition."""
        marks, others = [mark for word in await self._marks() for mark in word], self._query.others(self._rarest)
        words: Document = {"$setIntersection": ["$words", marks]}
        rows = await self._rows.of_all(
            [
                [
                    *({"$match": driving}, IN_ORDER, *_tested(looks, others)),
                    {"$project": {"length": 1, "words": words}},
                ]
                for driving, looks in await self._drivers()
            ]
        )
        return [
            (place_of(row, relevance([columns_of(mark) for mark in row["words"]])), product_id_of(row["_id"]))
            for row in rows
        ]

    async def _drivers(self) -> list[tuple[Document, int]]:
        """What the pool is found by, and how much of each. Of a word the products come first that it says most of."""
        left = self._bounds.pooled
        if self._rarest >= len(self._query.words):
            return [(self._query.conditions[self._rarest], left)] if left else []
        marks = sorted((await self._marks())[self._rarest], key=lambda mark: -relevance([columns_of(mark)]))
        conditions: list[Document] = [{"words": mark} for mark in marks]
        drivers: list[tuple[Document, int]] = []
        for condition, count in zip(conditions, await self._rows.counted(conditions, left or 1), strict=True):
            if min(count, left) > 0:
                drivers.append((condition, min(count, left)))
            left -= count
        return drivers

    async def _marks(self) -> list[list[str]]:
        """The marks of each word that some product has."""
        if self._there is None:
            found = await self._rows.of_all(
                [
                    [{"$match": {"words": mark}}, {"$limit": 1}, {"$project": {"_id": 0, "mark": {"$literal": mark}}}]
                    for mark in self._query.every_mark
                ]
            )
            there = {row["mark"] for row in found}
            self._there = [[mark for mark, _ in every_mark(word) if mark in there] for word in self._query.words]
        return self._there


def _tested(looks: int, others: Sequence[Document]) -> list[Document]:
    """Of so many products those that meet the other conditions."""
    return [{"$limit": looks}, *([{"$match": {"$and": others}}] if others else [])]


def _start_in(worth: int, after: Position | None) -> tuple[_Start, bool]:
    """Where the hits of one relevance begin after a position, and whether it is past them."""
    if after is None:
        return None, False
    place, product_id = int(after[0] or 0), str(after[1])
    reached = -(place // 1000)
    return ((place % 1000, product_id) if worth == reached else None), worth > reached

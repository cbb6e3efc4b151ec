"""What a search finds, and how its aggregations are run."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.product_places import product_id_of
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session

SHOWN: Document = {"length": 1, "filters": 1, "prices": 1}
IN_ORDER: Document = {"$sort": {"length": 1, "_id": 1}}

_AT_ONCE = 200
"""Aggregations that are one: the server takes a thousand steps."""


class Hit(NamedTuple):
    """A product that was found. Smaller places are better."""

    place: int
    id: str
    filters: list[str]
    prices: list[Document]


class Found(NamedTuple):
    """Hits in their order, and whether there are no others before, between or, if fewer than asked for, after them."""

    hits: list[Hit]
    is_whole: bool


class Rows:
    """One search's look-ups, within one transaction or none."""

    def __init__(self, searched: AsyncCollection[Document], session: Session) -> None:
        self._searched = searched
        self._session = session

    async def of(self, steps: Sequence[Document], hint: str | None = None) -> list[Document]:
        """What one aggregation tells."""
        options: dict[str, Any] = {} if hint is None else {"hint": hint}
        return await (await self._searched.aggregate(steps, session=self._session, **options)).to_list()

    async def of_all(self, pipelines: Sequence[list[Document]]) -> list[Document]:
        """Several aggregations as one, so that they cost one round trip; a transaction takes no `$unionWith`, so there
        it is one after the other.
        """
        if self._session is not None and self._session.in_transaction:
            return [row for each in pipelines for row in await self.of(each)]
        rows: list[Document] = []
        for start in range(0, len(pipelines), _AT_ONCE):
            first, *rest = pipelines[start : start + _AT_ONCE]
            united = ({"$unionWith": {"coll": self._searched.name, "pipeline": each}} for each in rest)
            rows.extend(await self.of([*first, *united]))
        return rows

    async def counted(self, conditions: Sequence[Document], bound: int) -> list[int]:
        """How many products meet each condition, counted to `bound`; nothing but an index is read for it."""
        found = await self.of_all(
            [
                [{"$match": condition}, {"$limit": bound}, {"$group": {"_id": number, "count": {"$sum": 1}}}]
                for number, condition in enumerate(conditions)
            ]
        )
        counts = {row["_id"]: row["count"] for row in found}
        return [counts.get(number, 0) for number in range(len(conditions))]


def hit_of(row: Document, worth: int) -> Hit:
    """A row with what is `SHOWN`, and how relevant it is."""
    return Hit(place_of(row, worth), product_id_of(row["_id"]), row["filters"], row["prices"])


def place_of(row: Document, worth: int) -> int:
    """By relevance, and then by the title's length, which is below a thousand."""
    length: int = row["length"]
    return length - 1000 * worth

"""How many products meet a filter, so that the one that fewest meet decides where a page is looked for."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.schema.catalog import SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session

MANY = 20_000
"""As far as products are counted; beyond it one filter is as good as another."""

_LIFETIME = 60.0  # seconds: an old figure costs time, and never an answer
_MOST = 10_000  # filters whose figure is remembered


class Frequencies:
    """Remembers what it has counted. Counting reads nothing but keys of the index that searches have of filters."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def rarest(self, beside: AsyncCollection[Document], session: Session, filters: Sequence[str]) -> str:
        """The filter that fewest products meet; the first one of several. `beside` is read with the same preference."""
        unknown = [text for text in filters if not self._is_known(text)]
        if unknown:
            await self._count(beside, session, unknown)
        return min(filters, key=lambda text: self._known[text][0])

    def _is_known(self, text: str) -> bool:
        known = self._known.get(text)
        return known is not None and self._now() < known[1]

    async def _count(self, beside: AsyncCollection[Document], session: Session, filters: Sequence[str]) -> None:
        searched = beside.database.get_collection(SEARCHED.name, read_preference=beside.read_preference)
        pipelines: list[list[Document]] = [
            [
                {"$match": {"filters": text}},
                {"$limit": MANY},
                {"$group": {"_id": {"$literal": text}, "count": {"$sum": 1}}},
            ]
            for text in filters
        ]
        first, *rest = pipelines
        steps: list[Document] = [*first, *({"$unionWith": {"coll": SEARCHED.name, "pipeline": each}} for each in rest)]
        found = await (await searched.aggregate(steps, session=session)).to_list()
        counts = dict.fromkeys(filters, 0) | {each["_id"]: each["count"] for each in found}
        for text, count in counts.items():
            self._known[text] = count, self._now() + _LIFETIME
            self._known.move_to_end(text)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

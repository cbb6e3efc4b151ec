"""Whether so few products meet a span of prices that all of them are read and sorted, whatever the order is."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session

FEW = 2_000
"""More than these take longer to sort than to look at what comes by, in the order that is asked for."""

_LIFETIME = 60.0  # seconds: an old answer costs time, and never a product
_MOST = 10_000  # spans that are remembered


class NarrowSpans:
    """Counts, and remembers for a while whether they were few."""

    def __init__(self, *, few: int = FEW, now: Callable[[], float] = time.monotonic) -> None:
        self._few = few
        self._now = now
        self._counted: OrderedDict[str, tuple[bool, float]] = OrderedDict()

    async def has_few(
        self, listed: AsyncCollection[Document], session: Session, alternatives: Sequence[Document], index: str
    ) -> bool:
        """Whether at most `few` meet one of these; nothing but keys of that index is read for it."""
        name = repr(alternatives)
        were_few, until = self._counted.get(name, (False, 0.0))
        if until > self._now():
            return were_few
        steps: list[Document] = [{"$match": {"$or": alternatives}}, {"$limit": self._few + 1}, {"$count": "count"}]
        counted = await (await listed.aggregate(steps, session=session, hint=index)).to_list()
        are_few = not counted or counted[0]["count"] <= self._few
        self._counted[name] = are_few, self._now() + _LIFETIME
        self._counted.move_to_end(name)
        if len(self._counted) > _MOST:
            self._counted.popitem(last=False)
        return are_few

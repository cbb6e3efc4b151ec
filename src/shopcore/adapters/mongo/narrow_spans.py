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
    """Counts, and remembers of what many meet that they are many."""

    def __init__(self, *, few: int = FEW, now: Callable[[], float] = time.monotonic) -> None:
        self._few = few
        self._now = now
        self._many: OrderedDict[str, float] = OrderedDict()

    async def has_few(
        self, listed: AsyncCollection[Document], session: Session, alternatives: Sequence[Document], index: str
    ) -> bool:
        """Whether at most `few` meet one of these; nothing but keys of that index is read for it."""
        name = repr(alternatives)
        if self._many.get(name, 0.0) > self._now():
            return False
        steps: list[Document] = [{"$match": {"$or": alternatives}}, {"$limit": self._few + 1}, {"$count": "count"}]
        counted = await (await listed.aggregate(steps, session=session, hint=index)).to_list()
        if not counted or counted[0]["count"] <= self._few:
            return True
        self._many[name] = self._now() + _LIFETIME
        self._many.move_to_end(name)
        if len(self._many) > _MOST:
            self._many.popitem(last=False)
        return False

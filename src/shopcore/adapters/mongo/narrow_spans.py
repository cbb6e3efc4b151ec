"""Whether so few products meet a span of prices that all of them are read and sorted, whatever the order is: fewer
than would come by until a page is full.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session

FEW = 2_000
"""More than these take longer to sort than to look at what comes by, in the order that is asked for."""

_LIFETIME = 60.0  # seconds: an old answer costs time, and never a product
_MOST = 10_000  # spans that are remembered
_READ = 4  # keys that are looked at in order, for each product that is read and sorted
_PAGE = 21
_WALKED = 20_000  # keys: more of them take longer than any span that is read whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """What meets a span of prices, by an index of prices; and what comes by without it, by the index of an order."""

    met_by: Sequence[Document]
    index_of_prices: str
    walked_along: Sequence[Document]
    index_of_order: str


class NarrowSpans:
    """Counts, and remembers the answer for a while."""

    def __init__(self, *, few: int = FEW, now: Callable[[], float] = time.monotonic) -> None:
        self._few = few
        self._now = now
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()

    async def is_read_whole(self, listed: AsyncCollection[Document], session: Session, span: Span) -> bool:
        """Whether to read all that meets the span, and sort it. Nothing but keys of an index is read for the answer."""
        name = repr(span.met_by)
        was_whole, until = self._known.get(name, (False, 0.0))
        if until > self._now():
            return was_whole
        is_whole = await self._look(listed, session, span)
        self._known[name] = is_whole, self._now() + _LIFETIME
        self._known.move_to_end(name)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return is_whole

    async def _look(self, listed: AsyncCollection[Document], session: Session, span: Span) -> bool:
        met = await _count(listed, session, span.met_by, span.index_of_prices, self._few + 1)
        if met > self._few:
            return False
        # A page of 21 comes by after 21 * walked / met keys.
        worth_it = min(_READ * met * met // _PAGE + 1, _WALKED)
        walked = await _count(listed, session, span.walked_along, span.index_of_order, worth_it)
        return walked == worth_it


async def _count(
    listed: AsyncCollection[Document], session: Session, alternatives: Sequence[Document], index: str, bound: int
) -> int:
    steps: list[Document] = [{"$match": {"$or": alternatives}}, {"$limit": bound}, {"$count": "count"}]
    counted = await (await listed.aggregate(steps, session=session, hint=index)).to_list()
    return counted[0]["count"] if counted else 0

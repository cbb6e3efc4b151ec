"""Documents that were added a moment ago, remembered until they are changed for the first time.

What a checkout adds it changes as soon as the gateway has answered. Who changes one of these guards the change by its
version, as whoever has looked for it does, so a guess that is wrong costs a statement, and never an update.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from shopcore.adapters.mongo.schema.declaration import Document

_MOST = 1_000
_SECONDS = 10.0  # one that somebody mends by hand keeps its version: what they did must not be undone


class Young:
    """The last few documents by id; nothing of a unit that was undone may be kept here, where its version would lie."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._documents: OrderedDict[str, tuple[float, Document]] = OrderedDict()
        self._now = now

    def keep(self, document: Document) -> None:
        """Once it is durable."""
        self._documents[document["_id"]] = self._now() + _SECONDS, document
        if len(self._documents) > _MOST:
            self._documents.popitem(last=False)

    def take(self, document_id: str) -> Document | None:
        """Given out once, as long as it is young."""
        until, document = self._documents.pop(document_id, (0.0, None))
        return document if self._now() < until else None

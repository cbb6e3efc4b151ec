"""Where documents lie that are asked for by something else than their shard key, remembered: they never move."""

from collections import OrderedDict

_MOST = 10_000


class Places:
    """The last few thousand places by id. A hint that saves a look-up: who finds nothing there looks the place up."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, str] = OrderedDict()

    def keep(self, document_id: str, place: str) -> None:
        """Remember it, and forget the one that was not asked for the longest time."""
        self._places[document_id] = place
        self._places.move_to_end(document_id)
        if len(self._places) > _MOST:
            self._places.popitem(last=False)

    def of(self, document_id: str) -> str | None:
        """What was remembered last, if anything was."""
        if document_id in self._places:
            self._places.move_to_end(document_id)
        return self._places.get(document_id)

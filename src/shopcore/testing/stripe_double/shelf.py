"""Objects as the pretend Stripe lists them: found by when they were made, not by looking through all of them."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from shopcore.testing.stripe_double.forms import Json

_Place: TypeAlias = tuple[int, int, str]
"""When it was made, after how many others, and its id."""

_INDEXED = ("payment_intent", "source")
"""What an object has from the beginning, and keeps."""


class Shelf(dict[str, Json]):
    """Objects by id, which remembers the order in which they were made. Each is put there once, whole."""

    def __init__(self, things: Mapping[str, Json] | None = None) -> None:
        super().__init__()
        self._made = 0
        self._all: list[_Place] = []
        self._of: dict[tuple[str, object], list[_Place]] = defaultdict(list)
        self._places: dict[str, _Place] = {}
        for name, thing in (things or {}).items():
            self[name] = thing

    def __setitem__(self, name: str, thing: Json) -> None:
        """Put it there."""
        super().__setitem__(name, thing)
        self._made += 1
        place = self._places[name] = (thing["created"], self._made, name)
        insort(self._all, place)
        for field in _INDEXED:
            if field in thing:
                insort(self._of[field, thing[field]], place)

    def newest_first(self, *, at_most: int | None, after: str | None, asked: Mapping[str, object]) -> Iterator[Json]:
        """Those made at that time or before, and before the one named `after`, that have all that is asked for."""
        indexed = next((field for field in _INDEXED if field in asked), None)
        places = self._all if indexed is None else self._of.get((indexed, asked[indexed]), [])
        end = len(places) if at_most is None else bisect_right(places, at_most, key=lambda place: place[0])
        if after is not None:
            end = min(end, bisect_left(places, self._places[after]))
        for index in range(end - 1, -1, -1):
            name = places[index][2]
            is_there = name in self and self._places[name] == places[index]  # neither taken away nor put there anew
            if is_there and all(self[name].get(field) == value for field, value in asked.items()):
                yield self[name]

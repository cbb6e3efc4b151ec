"""The classes of relevance that a search of frequent words visits: which columns each word may stand in."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shopcore.catalog.model import WEIGHTS, relevance

Columns: TypeAlias = frozenset[str]

EVERY_COLUMNS: tuple[Columns, ...] = tuple(
    frozenset(some) for size in range(1, len(WEIGHTS) + 1) for some in itertools.combinations(WEIGHTS, size)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Class:
    """Products that have all words in each of the columns `everywhere`, and some word just in those of `anywhere`.

    `places` are the columns that each word may stand in then, of those that it stands in at all.
    """

    worth: int
    everywhere: Columns
    anywhere: Columns
    places: tuple[tuple[Columns, ...], ...]


def classes_of(known: Sequence[Sequence[Columns]]) -> list[list[Class]]:
    """The classes that can have products, best first, those of one worth together. `known` are the columns that each
    word stands in, of one product or another.
    """
    found = sorted(_classes(known), key=lambda each: -each.worth)
    return [list(alike) for _, alike in itertools.groupby(found, key=lambda each: each.worth)]


def _classes(known: Sequence[Sequence[Columns]]) -> Iterator[Class]:
    one_word = len(known) == 1
    for anywhere in EVERY_COLUMNS:
        for everywhere in (frozenset(), *EVERY_COLUMNS):
            if not everywhere <= anywhere or (one_word and everywhere != anywhere):
                continue
            places = tuple(tuple(each for each in word if everywhere <= each <= anywhere) for word in known)
            if all(places) and _can_be(places, everywhere, anywhere):
                worth = relevance([anywhere]) if one_word else relevance([everywhere, anywhere])
                yield Class(worth=worth, everywhere=everywhere, anywhere=anywhere, places=places)


def _can_be(places: Sequence[Sequence[Columns]], everywhere: Columns, anywhere: Columns) -> bool:
    every = [each for word in places for each in word]
    return all(
        any(column in each for each in every) and any(column not in each for each in every)
        for column in anywhere - everywhere
    )

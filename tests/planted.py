"""A guard is worth something when it notices the mistake it guards against: plant one, and look."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import Phase, find, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

# Enough to find every planted mistake; the first example found ends the search, and nobody reads it, so no shrinking.
SEARCH = settings(max_examples=5_000, phases=(Phase.generate,), database=None, deadline=None)


def caught(check: Callable[[T], None], examples: SearchStrategy[T]) -> T:
    """An example on which `check` fails, as it should on planted mistakes; `NoSuchExample` if it never does."""

    def fails(example: T) -> bool:
        try:
            check(example)
        except AssertionError:
            return True
        return False

    return find(examples, fails, settings=SEARCH)

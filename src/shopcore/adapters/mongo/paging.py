"""Keyset paging: what comes after a position, in the order of one or more fields."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bson.int64 import Int64

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.kernel.paging import Slice

T = TypeVar("T")


def after(keys: Sequence[str], position: Sequence[object] | None) -> Document:
    """A condition for the documents after a position. Keys are as in an index: falling where they begin with `-`."""
    if position is None:
        return {}
    alternatives: list[Document] = []
    for place, key in enumerate(keys):
        condition: Document = {
            name.removeprefix("-"): value for name, value in zip(keys[:place], position, strict=False)
        }
        condition[key.removeprefix("-")] = {"$lt" if key.startswith("-") else "$gt": position[place]}
        alternatives.append(condition)
    if len(alternatives) == 1:
        return alternatives[0]
    # Implied by the alternatives, but the server does not see that, and would walk over every page before this one.
    first, value = keys[0], position[0]
    reached = {first.removeprefix("-"): {"$lte" if first.startswith("-") else "$gte": value}}
    return {"$or": alternatives, **({} if value is None else reached)}


def sliced(documents: Sequence[Document], keys: Sequence[str], limit: int, decode: Callable[[Document], T]) -> Slice[T]:
    """At most `limit` of these documents, of which one more was asked for, and where the rest begins."""
    shown = documents[:limit]
    more = tuple(plain(shown[-1][key.removeprefix("-")]) for key in keys) if len(documents) > limit else None
    return Slice(items=[decode(document) for document in shown], next_position=more)


def plain(value: Any) -> Any:
    """A value as a cursor can hold it, which the driver's own integers are not."""
    return int(value) if isinstance(value, Int64) else value

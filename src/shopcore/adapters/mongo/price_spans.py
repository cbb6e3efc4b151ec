"""Spans of prices, as ranges of an index: in the order of a price one for each class of spread; in another order one
for each band of prices that the span meets.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from shopcore.adapters.mongo.schema.catalog import PRICED
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.catalog.model import ProductFilter

SPREADS: tuple[tuple[int, int] | None, ...] = ((0, 1), (1, 64), (1, 16), (1, 4), (1, 1), None)
"""The classes: by which part of its lowest price a product's highest one is above it at most; None: by any."""


def spread_of(low: int, high: int) -> int:
    """The class of a product with these lowest and highest prices."""
    return next(number for number, part in enumerate(SPREADS) if part is None or _is_within(low, high, part))


def _is_within(low: int, high: int, part: tuple[int, int]) -> bool:
    return (high - low) * part[1] <= low * part[0]


def ranges_by(price: str, wanted: ProductFilter) -> Sequence[Document]:
    """What meets the span that is asked for, in the order of `low` or of `high`: alternatives, one for each class.

    A product is met by its other price too, so within a class the range begins a little before the span.
    """
    return [
        {**PRICED, **_other(price, wanted), "spread": number, price: {"$gte": least, "$lte": most}}
        for number, part in enumerate(SPREADS)
        for least, most in [_bounds(price, wanted, part)]
    ]


MOST_BANDS = 16
"""A span that meets more of them is wide, by a tenth and beyond, and its products come by soon in any order."""


def band_of(low: int, high: int) -> int:
    """Where a product with these lowest and highest prices stands among the bands. Those of one price are narrow; else
    they are as wide as products of their class of spread reach.
    """
    return _band(_CLASS_OF_SPREAD[spread_of(low, high)], low)


def bands_met(wanted: ProductFilter) -> Sequence[int]:
    """All bands in which a product may meet the span that is asked for; none where they are too many."""
    if wanted.max_price is None:
        return []
    found = list(_bands_met(wanted))
    return found if len(found) <= MOST_BANDS else []


def _bands_met(wanted: ProductFilter) -> Iterator[int]:
    for number, part in enumerate(_REACHES):
        least, most = _bounds("low", wanted, part)
        yield from range(_band(number, least), _band(number, most) + 1)


def _band(number: int, low: int) -> int:
    return number * _BANDS_APART + bisect_right(_EDGES[number], low)


def _edges(part: tuple[int, int] | None) -> Sequence[int]:
    """Where bands begin. Whole numbers, so that each program draws the same."""
    if part is None:
        return []
    edges = [1]
    while edges[-1] < _DEAREST:
        edges.append(max(edges[-1] + 1, edges[-1] * sum(part) // part[1]))
    return edges


def looked_at(wanted: ProductFilter) -> Document:
    """The same span as a condition on the prices of what comes by in another order."""
    return {
        **({} if wanted.max_price is None else {"low": {"$gte": 0, "$lte": wanted.max_price}}),
        **({} if wanted.min_price is None else {"high": {"$gte": wanted.min_price}}),
    }


def _other(price: str, wanted: ProductFilter) -> Document:
    if price == "low":
        return {} if wanted.min_price is None else {"high": {"$gte": wanted.min_price}}
    return {} if wanted.max_price is None else {"low": {"$gte": 0, "$lte": wanted.max_price}}


def _bounds(price: str, wanted: ProductFilter, part: tuple[int, int] | None) -> tuple[int, int]:
    """From where to where that price may be."""
    least = wanted.min_price or 0
    most = _DEAREST if wanted.max_price is None else wanted.max_price
    if price == "low":
        # high >= least, and high <= low * (1 + part)
        return (0 if part is None else -(-least * part[1] // sum(part))), most
    # low <= most, and high <= low * (1 + part)
    return least, (_DEAREST if part is None else min(most * sum(part) // part[1], _DEAREST))


_DEAREST = 2**62
# An index is merged band by band, and one in which nothing meets a span is walked to its end. So no band is asked for
# below the span, where its products reach no further than their one price.
_REACHES: tuple[tuple[int, int] | None, ...] = ((0, 1), (1, 16), (1, 4), (1, 1), None)
_BAND_WIDTHS: tuple[tuple[int, int] | None, ...] = ((1, 64), (1, 16), (1, 4), (1, 1), None)
_CLASS_OF_SPREAD = (0, 1, 1, 2, 3, 4)
_BANDS_APART = 10_000
_EDGES = [_edges(part) for part in _BAND_WIDTHS]

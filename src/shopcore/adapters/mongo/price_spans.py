"""Spans of prices in the order of one price: for each class of spread, a range of the index."""

from collections.abc import Sequence

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


def looked_at(wanted: ProductFilter) -> Document:
    """The same span as a condition on the prices of what comes by in another order."""
    return {
        **({} if wanted.max_price is None else {"low": {"$lte": wanted.max_price}}),
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

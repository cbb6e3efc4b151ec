"""The conditions of a search, as MongoDB is asked them."""

from collections.abc import Sequence

from shopcore.adapters.mongo.product_places import filters_asked, marks_of, short_id
from shopcore.adapters.mongo.schema.catalog import SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.search_classes import EVERY_COLUMNS, Class, Columns
from shopcore.adapters.mongo.stock_filter import in_stock
from shopcore.catalog.model import ProductFilter

BY_WORD, BY_FILTER = SEARCHED.indexes
_LEVEL = 12  # words


def every_mark(word: str) -> list[tuple[str, Columns]]:
    """Every text under which a beginning may be kept, and the columns that it says."""
    return list(zip(marks_of(word, EVERY_COLUMNS), EVERY_COLUMNS, strict=True))


class Query:
    """What a search asks for. Its conditions are numbered: first the words, then the filters.

    One condition drives: the index is entered by it, in its order. The others are kept from the planner, which would
    guess otherwise, and remembers for all words what it found to be best for some.
    """

    def __init__(self, words: Sequence[str], wanted: ProductFilter) -> None:
        self.words = words
        self.every_mark = [mark for word in words for mark, _ in every_mark(word)]
        self.conditions: list[Document] = [
            *({"words": {"$in": [mark for mark, _ in every_mark(word)]}} for word in words),
            *({"filters": text} for text in filters_asked(wanted)),
        ]
        self.stock = [] if wanted.in_stock is None else in_stock("skus", {"$size": "$skus"}, wanted=wanted.in_stock)
        self._filters = self.conditions[len(words) :]
        self._prices = _prices(wanted)

    def driven_by(self, number: int) -> Document:
        """What meets every condition, found by one of them."""
        return {"$and": [self.conditions[number], *self.others(number)]}

    def others(self, number: int) -> list[Document]:
        """Every condition but this one, what costs most last."""
        rest = [each for other, each in enumerate(self.conditions) if other != number]
        return [*self._prices, *map(unplanned, reversed(rest))]

    def in_class(self, wanted: Class, word: int) -> tuple[Document, list[Document]]:
        """What is in a class and meets every filter: the word that finds it, and what it is tested by."""
        marks = [marks_of(each, places) for each, places in zip(self.words, wanted.places, strict=True)]
        conditions: list[Document] = [{"words": {"$in": each}} for each in marks]
        driving = conditions.pop(word)
        is_open = any(len(each) > 1 for each in wanted.places)
        split = [
            self._some_word(wanted, column, there=there)
            for column in sorted(wanted.anywhere - wanted.everywhere if is_open else ())
            for there in (True, False)
        ]
        return driving, [*self._prices, *map(unplanned, (*self._filters, *conditions, *split))]

    @property
    def is_one_word(self) -> bool:
        """Whether a word is all that is asked for, so that everything that it finds is a hit."""
        return len(self.conditions) == 1 and not self._prices and not self.stock

    @property
    def weight(self) -> int:
        """What testing one product costs, as a number of words: of those it has a hundred beginnings, of all else few;
        but a level is looked up.
        """
        return max(2, len(self.words) + (_LEVEL if self.stock else 0))

    def index_of(self, number: int) -> str:
        """The index that a condition is found by."""
        return (BY_WORD if number < len(self.words) else BY_FILTER).name

    def _some_word(self, wanted: Class, column: str, *, there: bool) -> Document:
        """Of the words at least one stands in this column, or is missing from it."""
        marks = [
            mark
            for word, places in zip(self.words, wanted.places, strict=True)
            for mark in marks_of(word, [place for place in places if (column in place) is there])
        ]
        return {"words": {"$in": marks}}


def in_order_after(start: tuple[int, str] | None, condition: Document) -> Document:
    """What meets a condition and comes after a title's length and an id: each alternative a range of the index, at the
    root, so that what went before is not walked over.
    """
    if start is None:
        return condition
    length, product_id = start
    beyond: list[Document] = [{"length": {"$gt": length}}, {"length": length, "_id": {"$gt": short_id(product_id)}}]
    return {"$or": [{"$and": [condition, each]} for each in beyond]}


def unplanned(condition: Document) -> Document:
    """The same condition in a form that no index serves, since its second half is about a field that is never there."""
    return {"$or": [condition, {"never": True}]}


def _prices(wanted: ProductFilter) -> list[Document]:
    if wanted.min_price is None and wanted.max_price is None:
        return []
    meets: Document = {"currency": wanted.currency}
    if wanted.min_price is not None:
        meets["high"] = {"$gte": wanted.min_price}
    if wanted.max_price is not None:
        meets["low"] = {"$lte": wanted.max_price}
    return [{"prices": {"$elemMatch": meets}}]

"""The columns and rows of a Shopify product export: each cell read by its kind, each fault gathered with its column."""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

from shopcore.adapters.files.csv_records import Records
from shopcore.catalog.model import LONGEST_TITLE, MAX_PRICE
from shopcore.kernel.errors import ShopError
from shopcore.kernel.money import Money
from shopcore.operations.errors import UnreadableFile
from shopcore.operations.model import Refusal

REQUIRED = ("Handle", "Title", "Variant Price")
LONGEST_URL = 2_048

E = TypeVar("E", bound=StrEnum)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_AMOUNT = re.compile(r"[+-]?(\d{1,12}(\.\d{0,6})?|\.\d{1,6})", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_WEIGHT = re.compile(r"\d{1,9}(\.\d{0,12})?", re.ASCII)
_EXTRA_OPTION = re.compile(r"option([4-9]|\d\d+) (name|value)")
_FLAGS = {"true": True, "false": False, "": None}


class Header:
    """Where each column stands. Names are known in any case; columns that nobody asks for are left alone."""

    def __init__(self, cells: Sequence[str]) -> None:
        names = [" ".join(cell.split()).lower() for cell in cells]
        self.width = len(cells)
        self.positions = {name: index for index, name in enumerate(names) if name}
        self.extra_options = [name for name in self.positions if _EXTRA_OPTION.fullmatch(name)]
        self._check(names)

    def _check(self, names: Sequence[str]) -> None:
        missing = [column for column in REQUIRED if column.lower() not in self.positions]
        if missing:
            hint = " (the columns must be separated by commas)" if len(names) == 1 else ""
            raise UnreadableFile("header", f"lacks {', '.join(missing)}{hint}")
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise UnreadableFile("header", f"names twice: {', '.join(twice)}")


class Row:
    """One row. Reading a cell that breaks a rule adds a refusal and answers as if the cell were blank."""

    __slots__ = ("_cells", "_header", "handle", "number", "refusals")

    def __init__(self, header: Header, number: int, cells: Sequence[str]) -> None:
        self._header = header
        self._cells = cells
        self.number = number
        self.refusals: list[Refusal] = []
        self.handle = ""
        self.handle = self.text("Handle").lower()
        if len(cells) < header.width or any(cells[header.width :]):
            self.refuse("", f"has {len(cells)} cells where the header has {header.width}")

    def refuse(self, column: str, message: str) -> None:
        """Add a reason not to take this row."""
        self.refusals.append(Refusal(row=self.number, handle=self.handle, field=column, message=message))

    def has_column(self, column: str) -> bool:
        """Whether the file states this at all."""
        return column.lower() in self._header.positions

    def cell(self, column: str) -> str:
        """The cell as it is, without blanks around it; empty where there is no such column."""
        index = self._header.positions.get(column.lower())
        return self._cells[index].strip() if index is not None and index < len(self._cells) else ""

    def text(self, column: str, longest: int = LONGEST_TITLE) -> str:
        """One line of text, with single spaces."""
        text = " ".join(self.cell(column).split())
        if _CONTROL.search(text):
            self.refuse(column, "must hold no control characters")
        elif len(text) > longest:
            self.refuse(column, f"must be at most {longest} characters")
        else:
            return text
        return ""

    def optional_text(self, column: str) -> str | None:
        """One line of text; None where the file has no such column."""
        return self.text(column) if self.has_column(column) else None

    def amount(self, column: str, currency: str) -> Money | None:
        """An amount, zero or more."""
        text = self.cell(column)
        if not text:
            return None
        try:
            amount = Money.parse(text, currency) if _AMOUNT.fullmatch(text) else None
        except ShopError as error:
            self.refuse(column, error.detail)
            return None
        if amount is None:
            self.refuse(column, f"{_shown(text)} is not an amount such as 9.99")
        elif amount.amount < 0:
            self.refuse(column, "must not be negative")
        elif amount.amount > MAX_PRICE:
            self.refuse(column, f"must be at most {Money(MAX_PRICE, currency)}")
        else:
            return amount
        return None

    def whole(self, column: str) -> int | None:
        """A whole number of at most nine digits."""
        text = self.cell(column)
        if text and not _WHOLE.fullmatch(text):
            self.refuse(column, f"{_shown(text)} is not a whole number of at most nine digits")
            return None
        return int(text) if text else None

    def grams(self, column: str) -> int | None:
        """A weight in grams; exports have fractions of one where it was entered in other units."""
        text = self.cell(column)
        if text and not _WEIGHT.fullmatch(text):
            self.refuse(column, f"{_shown(text)} is not a weight in grams")
            return None
        return int(Decimal(text).quantize(Decimal(1), ROUND_HALF_UP)) if text else None

    def flag(self, column: str) -> bool | None:
        """True, false, or None where it is blank."""
        text = self.cell(column).lower()
        if text not in _FLAGS:
            self.refuse(column, "must be true, false or blank")
        return _FLAGS.get(text)

    def choice(self, column: str, choices: type[E]) -> E | None:
        """One of these words, or None where it is blank."""
        text = self.cell(column).lower()
        if text and text not in set(choices):
            self.refuse(column, f"must be {' or '.join(choices)}")
            return None
        return choices(text) if text else None

    def url(self, column: str) -> str | None:
        """A web address, or None where it is blank."""
        text = self.text(column, LONGEST_URL)
        if text and not _is_web_address(text):
            self.refuse(column, "must be the address of an image, such as https://example.com/shirt.jpg")
            return None
        return text or None

    def has_extra_options(self) -> bool:
        """Whether it has a fourth option or more."""
        return any(self.cell(column) for column in self._header.extra_options)


def _shown(text: str) -> str:
    """What was there, short and printable."""
    return ascii(text if len(text) <= 30 else f"{text[:30]}...")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def rows_of(stream: BinaryIO) -> Iterator[Row]:
    """The rows after the header, without those that are all blank. Raises `UnreadableFile`."""
    records = Records(stream)
    header: Header | None = None
    for cells in records:
        if header is None:
            header = Header(cells)
        elif any(map(str.strip, cells)):
            yield Row(header, records.row, cells)
    if header is None:
        raise UnreadableFile("header", f"lacks {', '.join(REQUIRED)}: the file is empty")

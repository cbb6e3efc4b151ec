"""CSV (RFC 4180) from bytes to records: bounded memory, and errors that say where."""

import csv
from collections.abc import Iterator
from typing import BinaryIO

from shopcore.operations.errors import UnreadableFile

LONGEST_RECORD = 4 * 1024 * 1024
"""Bytes of one record: forty times the longest description, so that a quote that is never closed is noticed."""

_BOM = b"\xef\xbb\xbf"


class Records:
    """The records of a CSV file in UTF-8, with or without BOM. `row` counts them from 1, as a spreadsheet does."""

    def __init__(self, stream: BinaryIO) -> None:
        self.row = 0
        self._stream = stream
        self._bytes = 0
        self._text: list[str] = []
        self._header: list[str] = []

    def __iter__(self) -> Iterator[list[str]]:
        """Each record; an empty line is an empty one. Raises `UnreadableFile` for broken encoding or quoting."""
        reader = csv.reader(self._lines(), strict=True)
        while True:
            self.row += 1
            self._bytes = 0
            self._text.clear()
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._unreadable(str(error)) from None
            self._header = self._header or record
            yield record

    def _lines(self) -> Iterator[str]:
        first = True
        while line := self._stream.readline(LONGEST_RECORD + 1):
            self._bytes += len(line)
            if self._bytes > LONGEST_RECORD:
                raise self._error("is longer than 4 MiB: is a quotation mark not closed, or is it no CSV file?")
            text = self._decoded(line.removeprefix(_BOM) if first else line)
            first = False
            self._text.append(text)
            yield text

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            before = "".join(self._text) + line[: error.start].decode()
            message = f"byte 0x{line[error.start]:02X} is not UTF-8: save the file as CSV UTF-8"
            raise UnreadableFile(self._place(_column_at(before)), message) from None

    def _unreadable(self, reason: str) -> UnreadableFile:
        """What the csv module refuses, in words for a merchant. It tells its reasons by their text only."""
        if "field limit" in reason:
            limit = csv.field_size_limit()
            column = _column_at("".join(self._text), limit)
            return UnreadableFile(self._place(column), f"is longer than {limit:,} characters")
        if "new-line" in reason:
            return self._error("has a line that ends in a carriage return alone: save the file with ordinary line ends")
        return self._error(f"has quotation marks that do not fit: {reason}")

    def _place(self, column: int) -> str:
        name = self._header[column - 1].strip() if column <= len(self._header) else f"column {column}"
        return f"rows/{self.row}/{name}"

    def _error(self, message: str) -> UnreadableFile:
        return UnreadableFile(f"rows/{self.row}", message)


def _column_at(text: str, longest: int | None = None) -> int:
    """In which field, from 1, the text of a record ends, or grows longer than that."""
    column, length, quoted = 1, 0, False
    for character in text:
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            column, length = column + 1, -1
        length += 1
        if longest is not None and length > longest:
            break
    return column

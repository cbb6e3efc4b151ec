"""Keyset paging: a page, and an opaque, tamper-evident cursor to the next."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

import msgspec

from shopcore.kernel.errors import FieldError, Rejected
from shopcore.kernel.sealing import Signer

T = TypeVar("T")
Position: TypeAlias = tuple[str | int | None, ...]
"""The sort key of the last row of a page; the next page starts after it."""

_MAC_BYTES = 16  # 128 bits: nobody guesses one, and a cursor stays short
MAX_LIMIT = 100
DEFAULT_LIMIT = 20


class InvalidCursor(Rejected):
    """Not a cursor of this list, or of these filters."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        message = "must be a next_cursor of the same list with the same filters"
        super().__init__(message, errors=[FieldError(field="cursor", code=self.code, message=message)])


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some rows, and where the next ones start; `next_cursor` is None on the last page."""

    items: Sequence[T]
    next_cursor: str | None = None


class Slice(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a repository answers: rows, and the position of the last one if there are more."""

    items: Sequence[T]
    next_position: Position | None = None


def encode_cursor(signer: Signer, list_name: str, position: Position | None) -> str | None:
    """Sign a position. `list_name` names the list with its filters, so that a cursor of another one is refused."""
    if position is None:
        return None
    body = msgspec.json.encode(position)
    return _text(signer.sign(body, f"cursor/{list_name}")[:_MAC_BYTES] + body)


def decode_cursor(signer: Signer, list_name: str, cursor: str | None) -> Position | None:
    """The position in a cursor. Raises `InvalidCursor` for anything this shop did not sign for that list."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if _text(raw) != cursor:  # base64 has several texts for the same bytes
            raise InvalidCursor
        if not signer.verifies(mac, body, f"cursor/{list_name}"):
            raise InvalidCursor
        return tuple(msgspec.json.decode(body, type=list[str | int | None]))
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        raise InvalidCursor from None


def slice_of(rows: Sequence[T], key: Callable[[T], Position], after: Position | None, limit: int) -> Slice[T]:
    """A page of a list that is small enough to be read whole: in the order of the keys, what is after a position."""
    ordered = sorted(rows, key=key)
    rest = [row for row in ordered if after is None or key(row) > after]
    more = len(rest) > limit
    return Slice(items=rest[:limit], next_position=key(rest[limit - 1]) if more else None)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def list_name(name: str, *criteria: object) -> str:
    """What a cursor is bound to: the list, and everything that decides which rows it has and in which order."""
    return f"{name}/{hashlib.sha256(msgspec.json.encode(criteria, order='deterministic')).hexdigest()}"

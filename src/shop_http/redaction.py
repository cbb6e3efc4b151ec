"""What a log must not hold is taken out of whatever is about to be written: the last line of defence.

No code of the shop logs personal data or secrets; this is for the code that does so by mistake, and for libraries. What
has a form is found by it anywhere: addresses of e-mail, phone and card numbers, tokens, keys. What has none, such as a
name, is found by what it is called, and is kept from tracebacks by leaving out what exceptions say.
"""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

WITHHELD: Final = "[withheld]"
MAIL, CARD, PHONE, SECRET = "[e-mail]", "[card]", "[phone]", "[secret]"

_DEEPEST = 4  # a line of log is flat; what is deeper than this is not told
_SHORTEST_CARD = 10**12
_NATIVE_BITS = 63  # larger numbers are not JSON that everybody can read

_CALLED = frozenset(
    "password passwords secret secrets token tokens authorization cookie cookies credential credentials email emails "
    "mail phone name names address addresses street line1 line2 city body headers query".split()
)
"""Whatever is called like this, alone or as the last word (`new_password`), is not told."""

_PLAIN = (date, time, timedelta, Decimal, Enum, PurePath, UUID)
"""Whose text says nothing but itself. Any other object is called by its type: its text may quote whatever it holds."""

_IN_URL = re.compile(r"(?<=://)[^\s/]*@")  # RFC 3986, 3.2.1: name and password before the host
_NAMED = re.compile(
    r"""(?ix) \b (password | passwd | secret | token | api[_-]?key | signature)
    (= | ["']\s*:\s*["']) (?!\[secret\]) [^\s"'&;,]+""",
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{16,}", re.ASCII)  # RFC 6750, 2.1
_JWT = re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{4,1024}\.[\w-]{4,8192}(?:\.[\w-]{0,1024})?", re.ASCII)  # RFC 7519
_PREFIXED = re.compile(r"(?<![A-Za-z0-9])(?:shopkey|whsec|[sr]k_(?:live|test))_[\w-]{8,}|_secret_\w{8,}", re.ASCII)
_OPAQUE = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{40,}|[A-Za-z0-9+/]{43}=", re.ASCII)

_AT = r"@\uff20\ufe6b"  # also those that NFKC makes into one
_WORD = rf"[^\s{_AT}<>(),;:\[\]\"\\%]"  # what an address consists of, and more: RFC 6531 lets in what is not ASCII
_MAIL = re.compile(rf"(?<!{_WORD}){_WORD}++(?:[{_AT}]|%40){_WORD}+")
_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ().-]{0,2}\d){7,14}(?![\w-])")  # E.164
_CARD = re.compile(
    r"(?<![\w.-])(?:[2-6]\d{12,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{4,5})(?![\w-])", re.ASCII
)

_FORMS: Final = (
    (_IN_URL, f"{SECRET}@"),
    (_NAMED, rf"\1\2{SECRET}"),
    (_BEARER, rf"\1{SECRET}"),
    (_JWT, SECRET),
    (_PREFIXED, SECRET),
    (_OPAQUE, SECRET),
    (_MAIL, MAIL),
    (_PHONE, PHONE),
)

_harmless = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z").fullmatch
"""The id and the time of every line: none of the above, not searched."""

_WORDS = 48  # characters; events, routes and methods are shorter, few, and searched once


def withhold(_: object, __: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """The same line of log, in plain values, without what looks personal or secret (a processor of structlog)."""
    return _inside(event, 0)


def redacted(text: str) -> str:
    """The same text without what looks personal or secret. Doing it twice changes nothing."""
    if _harmless(text):
        return text
    return _known(text) if len(text) <= _WORDS else _searched(text)


def _searched(text: str) -> str:
    text = text.encode(errors="backslashreplace").decode()  # half a surrogate pair cannot be written
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return _without_cards(text)


_known = lru_cache(maxsize=512)(_searched)


def _without_cards(text: str) -> str:
    """Where a number is none, another may begin in its midst."""
    at = 0
    while found := _CARD.search(text, at):
        at = found.start() + 1
        if _is_card(found[0]):
            text = f"{text[: found.start()]}{CARD}{text[found.end() :]}"
    return text


def _is_card(text: str) -> bool:
    """ISO/IEC 7812-1, annex B: Luhn's check digit."""
    digits = [int(digit) for digit in reversed(text) if digit.isdecimal()]
    return sum(digits[::2], sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def _inside(values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    told = {}
    for key, value in values.items():
        name, is_private = _name(key) if type(key) is str else _name(str(_plain(key, depth)))
        told[name] = WITHHELD if is_private else redacted(value) if type(value) is str else _plain(value, depth + 1)
    return told


@lru_cache(maxsize=512)
def _name(key: str) -> tuple[str, bool]:
    return redacted(key), key.replace("-", "_").lower().rpartition("_")[2] in _CALLED


def _plain(value: object, depth: int) -> Any:  # noqa: PLR0911 - one for each kind of value
    match value:
        case None | bool() | float():
            return value
        case int():
            return value if 0 <= value < _SHORTEST_CARD else _number(value)
        case str():
            return redacted(str.__str__(value))
        case _ if depth > _DEEPEST:
            return WITHHELD
        case bytes() | bytearray():
            return redacted(value.decode(errors="backslashreplace"))
        case Mapping():
            return _inside(value, depth)
        case list() | tuple() | set() | frozenset():
            return [_plain(each, depth + 1) for each in value]
        case _ if isinstance(value, _PLAIN):
            return redacted(str(value))
        case _:
            return f"<{type(value).__name__}>"


def _number(value: int) -> int | str:
    if value.bit_length() > _NATIVE_BITS:
        return f"{value:#x}"
    digits = str(value)
    return CARD if redacted(digits) != digits else value

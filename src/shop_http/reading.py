"""Bodies and query strings into wire Structs, with errors that name the field and the rule.

400 is for what cannot be read as asked: no JSON, broken UTF-8, a value of another JSON type, an unknown field.
422 is for what reads well and breaks a rule: a missing field, a number out of range or with a fraction, a choice that
is none, and everything about a query string, whose values are text anyway.
"""

import re
from collections.abc import Hashable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from shop_http.errors import Refusal
from shopcore.kernel.errors import FieldError

T = TypeVar("T")

_MAX_PARAMETERS = 50
_LONGEST_NAME = 64  # characters of an unknown field's name that are said back

_PLACE = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_TYPES = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`")
_BOUND = re.compile(r"Expected `(?:int|float)` (?P<rule>[<>]=? .+)")
_LENGTH = re.compile(r"Expected `\w+` of length (?P<rule>[<>]=? \d+)")
_FIELD = re.compile(r"Object (?P<how>missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)

_DIGITS = re.compile(r"-?[0-9]+")
_FLAG = re.compile(r"true|false", re.IGNORECASE)

_WORDS = {
    "int": "an integer",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


class NoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of an act that takes none."""


class NoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query string of a route that has none."""


@cache
def _decoder(shape: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("type", shape))


@cache
def _hints(shape: type) -> dict[str, type]:
    return get_type_hints(shape)


@cache
def _kinds(shape: type) -> dict[str, tuple[Any, ...]]:
    return {name: (hint, *get_args(hint)) for name, hint in _hints(shape).items()}


def read_json(shape: type[T], body: bytes, headers: Mapping[str, str]) -> T:
    """Decode a JSON body. Raises `Refusal`: 415 for another media type or content coding, else 400 or 422."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "unsupported_media_type", "the body must be application/json")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        plain = {"accept-encoding": "identity"}  # RFC 9110, 15.5.16
        raise Refusal(415, "unsupported_content_encoding", "the body must not be compressed", headers=plain)
    return _decoded(shape, body)


def read_nothing(body: bytes) -> None:
    """Let an act that takes no body go without one, or with `{}`. Raises `Refusal`, 400: whoever sends something means
    it, and must not find that it was not read.
    """
    if body:
        _decoded(NoBody, body)


def _decoded(shape: type[T], body: bytes) -> T:
    try:
        body.decode()
        read: T = _decoder(cast("Hashable", shape)).decode(body)
    except UnicodeDecodeError:
        raise _malformed("invalid_utf8", "must be UTF-8") from None
    except msgspec.ValidationError as error:
        raise _refusal(str(error), "body") from None
    except (msgspec.DecodeError, RecursionError):
        raise _malformed("malformed_json", "must be JSON") from None
    return read


def read_query(shape: type[T], query: bytes) -> T:
    """Decode a query string, whose names must all be known. Raises `Refusal`: 400 or 422."""
    try:
        pairs = parse_qsl(
            query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS, separator="&"
        )
    except UnicodeDecodeError:
        raise Refusal.of(400, FieldError(field="query", code="invalid_utf8", message="must be UTF-8")) from None
    except ValueError:
        message = f"must have at most {_MAX_PARAMETERS} parameters"
        raise Refusal.of(400, FieldError(field="query", code="too_many", message=message)) from None
    values = dict(pairs)
    problems = [*_unknown(shape, values), *_repeated([name for name, _ in pairs]), *_misread(shape, values)]
    if problems:
        raise Refusal.of(422, *problems)
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        refusal = _refusal(str(error), "query")
        raise Refusal.of(422, *(_in_query(shape, problem) for problem in refusal.errors)) from None


def _unknown(shape: type, values: dict[str, str]) -> list[FieldError]:
    return [
        FieldError(field=name[:_LONGEST_NAME], code="unknown_parameter", message="is not a parameter of this address")
        for name in values
        if name not in _hints(shape)
    ]


def _misread(shape: type, values: dict[str, str]) -> list[FieldError]:
    """What msgspec takes from a text and nobody means: `null` for nothing, `1e1` for a number."""
    kinds = _kinds(shape)
    rules = ((int, _DIGITS, "must be a whole number"), (bool, _FLAG, "must be true or false"))
    return [
        FieldError(field=name, code="wrong_type", message=message)
        for name, value in values.items()
        for kind, form, message in rules
        if kind in kinds.get(name, ()) and not form.fullmatch(value)
    ]


def _repeated(names: list[str]) -> list[FieldError]:
    twice = sorted({name for name in names if names.count(name) > 1})
    return [FieldError(field=name[:_LONGEST_NAME], code="repeated", message="must be given once") for name in twice]


def _malformed(code: str, message: str) -> Refusal:
    return Refusal.of(400, FieldError(field="body", code=code, message=message))


def _refusal(told: str, root: str) -> Refusal:
    """Say a msgspec message in the shop's words."""
    found = _PLACE.fullmatch(told)
    assert found is not None, "the pattern takes any text"
    what, path = found["what"], _path(found["path"] or "")
    if field := _FIELD.fullmatch(what):
        at = "/".join(part for part in (path, field["name"][:_LONGEST_NAME]) if part)
        if field["how"] == "contains unknown":
            return Refusal.of(
                400, FieldError(field=at, code="unknown_field", message="is not a field that is known here")
            )
        return Refusal.of(422, FieldError(field=at, code="required", message="is required"))
    status, code, message = _rule(what)
    return Refusal.of(status, FieldError(field=path or root, code=code, message=message))


def _rule(what: str) -> tuple[int, str, str]:
    if types := _TYPES.fullmatch(what):
        if types["got"] == "float" and "int" in types["wanted"]:
            return 422, "not_an_integer", "must be a whole number"
        return 400, "wrong_type", f"must be {_said(types['wanted'])}, not {_said(types['got'])}"
    if bound := _BOUND.fullmatch(what) or re.fullmatch("(?P<rule>)Integer value out of range", what):
        return 422, "out_of_range", f"must be {bound['rule']}".strip() if bound["rule"] else "is too large a number"
    if length := _LENGTH.fullmatch(what):
        return 422, "invalid_length", f"must have a length {length['rule']}"
    if what.startswith("Expected `str` matching"):
        return 422, "invalid_format", "is not of the form that is asked for"
    if what.startswith("Invalid enum value"):
        return 422, "invalid_choice", "is not one of the values that are known here"
    return 400, "invalid", "cannot be read"


def _said(types: str) -> str:
    return " or ".join(_WORDS.get(name.strip(), name.strip()) for name in types.split("|"))


def _path(path: str) -> str:
    return "/".join(step[0] or step[1] for step in _STEP.findall(path))


def _in_query(shape: type, problem: FieldError) -> FieldError:
    """A problem of a parameter, with the choices that there are."""
    kind = _hints(shape).get(problem.field)
    if problem.code != "invalid_choice" or not (isinstance(kind, type) and issubclass(kind, Enum)):
        return problem
    message = f"must be one of {', '.join(choice.value for choice in kind)}"
    return FieldError(field=problem.field, code=problem.code, message=message)

"""Form bodies in Stripe's manner: `metadata[order]=7` is a field in a field, `expand[0]=a` an item of a list."""

import re
from collections.abc import Collection
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from shopcore.testing.stripe_double.errors import invalid

Json: TypeAlias = dict[str, Any]

_PARTS = re.compile(r"[^\[\]]+")


def decode(text: str) -> Json:
    """Fields by name; those in brackets become nested objects, numbered ones too (`{"0": ...}`)."""
    decoded: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = _PARTS.findall(name)
        inner = decoded
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return decoded


def only(params: Json, *known: str) -> Json:
    """The params themselves. Raises as Stripe does for one that the endpoint does not know."""
    unknown = sorted(set(params) - set(known) - {"expand"})
    if unknown:
        raise invalid(f"Received unknown parameter: {unknown[0]}", param=unknown[0], code="parameter_unknown")
    return params


def integer(params: Json, name: str, default: int | None = None) -> int:
    """A whole number. Raises for one that is missing, unless there is a default, and for anything else."""
    text = params.get(name)
    if text is None and default is not None:
        return default
    if text is None:
        raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    if not re.fullmatch(r"-?[0-9]{1,18}", str(text)):
        raise invalid(f"Invalid integer: {text}", param=name, code="parameter_invalid_integer")
    return int(text)


def flag(params: Json, name: str) -> bool:
    """`true` or `false`; absent is false."""
    return choice(params, name, ("false", "true")) == "true"


def choice(params: Json, name: str, known: Collection[str]) -> str:
    """One of some words, the first unless told otherwise."""
    value = str(params.get(name, next(iter(known))))
    if value not in known:
        raise invalid(f"Invalid {name}: must be one of {', '.join(known)}", param=name)
    return value


def metadata(params: Json) -> Json:
    """At most 50 keys of 40 characters, with values of 500."""
    given = dict(params.get("metadata") or {})
    if len(given) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in given.items()):
        raise invalid("Metadata may have up to 50 keys, of 40 characters, and values of 500 characters.", "metadata")
    return given

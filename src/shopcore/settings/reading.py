"""Settings from the environment and `.env`, all mistakes named at once, and settings as they are shown."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
from dotenv.parser import parse_stream

from shopcore.settings.kinds import About
from shopcore.settings.safety import problems_of
from shopcore.settings.whole import Settings

_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")
ALIASES = {"MONGO_URI": "STORE_URL", "STRIPE_WEBHOOK_SECRET": "STRIPE_WEBHOOK_SECRETS"}
"""Other names, known from elsewhere, that stand in where the first name is not set."""


class InvalidSettings(Exception):
    """The shop cannot start like this. `problems` names everything that is wrong, and shows no value."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `shop settings` and of the reference."""

    name: str
    value: str
    purpose: str
    values: str


def read_settings(env_file: Path = Path(".env"), environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; the real environment wins over the file. Raises `InvalidSettings`."""
    environment = os.environ if environment is None else environment
    filed, problems = _read_file(env_file)
    given = {**filed, **{name: value for name, value in environment.items() if value}}
    for alias, name in ALIASES.items():
        if alias in given:
            given.setdefault(name, given[alias])
    values, wrong = _decode(given)
    settings = Settings(**values)
    if "app_url" not in values:
        settings = msgspec.structs.replace(settings, app_url=f"http://{_reachable(settings.host)}:{settings.port}")
    consequences = [each for each in problems_of(settings) if _named(each) not in map(_named, wrong)]
    if problems or wrong or consequences:
        raise InvalidSettings((*problems, *wrong, *consequences))
    return settings


def describe(settings: Settings) -> Sequence[Setting]:
    """Every setting with its value; of a secret only whether there is one."""
    return [
        Setting(
            name=field.name.upper(),
            value=_shown(getattr(settings, field.name), _about(field.type)),
            purpose=_about(field.type).purpose,
            values=_values(field.type),
        )
        for field in msgspec.structs.fields(Settings)
    ]


def _read_file(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    if not path.exists():
        return {}, ()
    try:
        with path.open(encoding="utf-8") as file:
            bindings = list(parse_stream(file))
    except (OSError, UnicodeError):
        return {}, (f"{path} cannot be read as UTF-8 text",)
    problems = tuple(f"{path}, line {each.original.line}: must be NAME=value" for each in bindings if each.error)
    return {each.key: each.value for each in bindings if each.key and each.value}, problems


def _decode(given: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values that have the right form, and what is wrong with the others."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(Settings):
        name = field.name.upper()
        if name not in given:
            continue
        try:
            values[field.name] = _read(given[name].strip(), field.type)
        except (msgspec.ValidationError, ValueError):
            problems.append(f"{name} must be {_values(field.type)}")
    return values, tuple(problems)


def _read(text: str, kind: Any) -> Any:
    shape: object = text
    plain = _plain(kind)
    if get_origin(plain) is tuple:
        shape = [part.strip() for part in text.split(",")]
    elif get_origin(plain) is dict:
        pairs = [part.strip().partition(":")[::2] for part in text.split(",")]
        shape = dict(pairs)
        if len(dict(pairs)) != len(pairs):
            raise ValueError("the same name twice")
    elif get_origin(plain) is Literal:
        shape = text.lower()
    return msgspec.convert(shape, kind, strict=False)


def _plain(kind: Any) -> Any:
    """The type without what is said about it, and without its None."""
    while hasattr(kind, "__metadata__") or type(None) in get_args(kind):
        kind = get_args(kind)[0]
    return kind


def _about(kind: Any) -> About:
    return next(note for note in kind.__metadata__ if isinstance(note, About))


def _values(kind: Any) -> str:
    plain = _plain(kind)
    if get_origin(plain) is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in get_args(plain))
    return _about(kind).values


def _shown(value: object, about: About) -> str:
    if not value and isinstance(value, None | tuple | dict):
        return ""
    if about.secret:
        return "********"
    if isinstance(value, dict):
        value = tuple(f"{name}:{each}" for name, each in value.items())
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return _CREDENTIALS.sub("********@", text)


def _named(problem: str) -> str:
    return problem.split(maxsplit=1)[0].rstrip(",")


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - nobody can be sent to all addresses
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host

"""Everything a shop can be told, read once from the environment and `.env`.

The variable of a field is its name in capitals. Each carries what it is for and which values it takes, and a test holds
`docs/reference/settings.md` to that. An empty variable is one that is not set.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import msgspec
from dotenv.parser import parse_stream
from msgspec import Meta

from shopcore.kernel.iso4217 import EXPONENTS

ALIASES = {"MONGO_URI": "STORE_URL"}
"""Other names, known from elsewhere, that stand in where the first name is not set."""

MEMORY = ":memory:"
_MEMORY_URLS = ("sqlite://:memory:", "sqlite:///:memory:")
_SQLITE = "sqlite:///"


class About(msgspec.Struct, frozen=True):
    """What a setting is for, which values it takes, and whether it is never to be shown."""

    purpose: str
    values: str = ""
    secret: bool = False


_Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
_KeyId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,32}\Z")]
_Text = Annotated[str, Meta(min_length=1)]
_Seconds = Annotated[float, Meta(gt=0, le=3600)]
_SealingKeys = Annotated[dict[_KeyId, _Key], Meta(min_length=1)]
_SECONDS = "a number of seconds above 0"
_KEY = "32 random bytes in base64, as `openssl rand -base64 32` prints them"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shop's settings. As they stand they are those of a shop for trying out."""

    shop_env: Annotated[
        Literal["development", "production"], About("Production refuses every default that is not safe there.")
    ] = "development"
    host: Annotated[_Text, About("The address to listen on.", "an IP address or a host name")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535), About("The port to listen on; 0 takes a free one.", "0 to 65535")] = 8000
    app_url: Annotated[
        str,
        Meta(pattern=r"\Ahttps?://[^\s/?#]+[^\s?#]*\Z"),
        About("Where customers reach the shop; made of `HOST` and `PORT` unless set.", "an http:// or https:// URL"),
    ] = "http://127.0.0.1:8000"
    allowed_hosts: Annotated[
        tuple[_Text, ...],
        About("The `Host` headers that are answered; empty answers all.", "host names with commas between them"),
    ] = ()
    store_url: Annotated[
        _Text,
        About("Where the shop is kept.", "`sqlite:///<path>`, `sqlite:////<absolute path>` or `sqlite://:memory:`"),
    ] = "sqlite:///shop.db"
    write_timeout_seconds: Annotated[
        _Seconds, About("How long a write waits for the store before it answers 503.", _SECONDS)
    ] = 2.0
    currency: Annotated[str, About("What a new shop sells in.", "an ISO 4217 code")] = "USD"
    sealing_keys: Annotated[
        _SealingKeys | None,
        About(
            "What seals personal data: the first key seals, all unseal.", f"`name:key,...`, a key being {_KEY}", True
        ),
    ] = None
    index_key: Annotated[_Key | None, About("What e-mail addresses are looked up with.", _KEY, True)] = None
    signing_key: Annotated[_Key | None, About("What signs cursors and order tokens.", _KEY, True)] = None
    keys_file: Annotated[
        _Text, About("Where a shop without the three keys above keeps keys that it makes itself.", "a path")
    ] = "shop.keys"
    mail_dir: Annotated[_Text | None, About("The folder that gets the mails; `mail` unless set.", "a path")] = None
    smtp_from: Annotated[
        str,
        Meta(pattern=r"\A([^<>\r\n]*<[^<>\s@]+@[^<>\s@]+>|[^<>\s@]+@[^<>\s@]+)\Z"),
        About("The sender of every mail.", "an address, or a name and `<address>`"),
    ] = "Shop <shop@localhost>"
    bogus_gateway: Annotated[
        Literal["development", "allowed"], About("Where the pretend bank, which moves no money, may be paid with.")
    ] = "development"
    bogus_file: Annotated[
        _Text | None, About("The pretend bank's own books; `bogus.db` beside the store unless set.", "a path")
    ] = None
    payment_timeout_seconds: Annotated[
        _Seconds, About("How long a checkout waits for the gateway before it answers `processing`.", _SECONDS)
    ] = 10.0
    worker: Annotated[
        Literal["inline", "separate"], About("Whether `shop serve` does the jobs, or leaves them to `shop worker`.")
    ] = "inline"
    rate_limits: Annotated[Literal["on", "off"], About("Off for load tests only.")] = "on"
    body_limit: Annotated[
        int, Meta(ge=1024, le=1 << 30), About("The longest request body that is read.", "a number of bytes from 1024")
    ] = 1 << 20
    log_format: Annotated[Literal["json", "text"], About("JSON for machines, text for people.")] = "json"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], About("The least important line that is written.")
    ] = "info"

    def __repr__(self) -> str:
        """Names only: a traceback must not show a key."""
        return f"Settings(shop_env={self.shop_env!r}, ...)"

    @property
    def database(self) -> str:
        """The path of the store, or `:memory:`."""
        return MEMORY if self.store_url in _MEMORY_URLS else self.store_url.removeprefix(_SQLITE)

    @property
    def bogus_database(self) -> str:
        """The path of the pretend bank's books; in memory where the shop is."""
        if self.bogus_file is not None:
            return self.bogus_file
        return MEMORY if self.database == MEMORY else str(Path(self.database).with_name("bogus.db"))

    @property
    def mail_folder(self) -> str:
        """The folder that mails are written to."""
        return "mail" if self.mail_dir is None else self.mail_dir


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


def problems_of(settings: Settings) -> tuple[str, ...]:
    """What is wrong with settings that are each of the right form; empty when a shop can be opened with them."""
    return (*_store(settings), *_currency(settings), *_keys(settings), *_production(settings))


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
    if value is None or value == ():
        return ""
    if about.secret:
        return "********"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _named(problem: str) -> str:
    return problem.split(maxsplit=1)[0].rstrip(",")


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - nobody can be sent to all addresses
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _store(settings: Settings) -> tuple[str, ...]:
    scheme = urlsplit(settings.store_url).scheme
    if scheme == "sqlite" and settings.database not in {"", settings.store_url}:
        return ()
    return (f"STORE_URL must be sqlite:///<path> or sqlite://:memory:, this version cannot use {scheme or 'that'}",)


def _currency(settings: Settings) -> tuple[str, ...]:
    return () if settings.currency in EXPONENTS else ("CURRENCY must be an ISO 4217 code in circulation, such as USD",)


def _keys(settings: Settings) -> tuple[str, ...]:
    names = ("SEALING_KEYS", "INDEX_KEY", "SIGNING_KEY")
    missing = [name for name in names if getattr(settings, name.lower()) is None]
    if missing and len(missing) < len(names):
        return tuple(f"{name} must be set, because others of {', '.join(names)} are" for name in missing)
    every = [*(settings.sealing_keys or {}).values(), settings.index_key, settings.signing_key]
    if not missing and len(set(every)) < len(every):
        return ("SEALING_KEYS, INDEX_KEY and SIGNING_KEY must all be different keys",)
    return ()


def _production(settings: Settings) -> tuple[str, ...]:
    """Every default that is not safe where people pay."""
    if settings.shop_env != "production":
        return ()
    refused = (
        (settings.sealing_keys is None, "SEALING_KEYS, INDEX_KEY and SIGNING_KEY must be set, not made by the shop"),
        (settings.bogus_gateway != "allowed", "BOGUS_GATEWAY must be allowed, by name: it moves no money"),
        (settings.rate_limits == "off", "RATE_LIMITS must be on"),
        (not settings.app_url.startswith("https://"), "APP_URL must be set, and start with https://"),
        (not settings.allowed_hosts, "ALLOWED_HOSTS must be set"),
        (settings.database == MEMORY, "STORE_URL must not be in memory: every order would be lost"),
        (settings.mail_dir is None, "MAIL_DIR must be set: mails go to that folder and no further"),
        (settings.smtp_from.endswith(("@localhost", "@localhost>")), "SMTP_FROM must be set to the shop's address"),
    )
    return tuple(f"{problem} (SHOP_ENV=production)" for unsafe, problem in refused if unsafe)

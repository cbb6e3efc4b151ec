"""What a shop can be told of itself: one Struct, whose fields say what they are for."""

from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from shopcore.settings.kinds import MEMORY, MONGO, SECONDS, About, Seconds, Text

_MEMORY_URLS = ("sqlite://:memory:", "sqlite:///:memory:")
_SQLITE = "sqlite:///"

_Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
_KeyId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,32}\Z")]
_TwoKeys = Annotated[tuple[_Key, ...], Meta(min_length=1, max_length=2)]
_Secret = Annotated[str, Meta(min_length=32)]
_SealingKeys = Annotated[dict[_KeyId, _Key], Meta(min_length=1)]
_NETS = "networks such as `10.0.0.0/8`, or addresses, with commas between them"
_ORIGINS = "origins such as `https://www.example.org`, with commas between them"
_SECRETS = "random texts of 32 characters or more, with commas between them"
_KEY = "32 random bytes in base64, as `openssl rand -base64 32` prints them"
_TWO = f"{_KEY}; two with a comma between them while one takes the other's place"


class OwnSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the shop is reached and kept, its keys, its limits and its log."""

    shop_env: Annotated[
        Literal["development", "production"], About("Production refuses every default that is not safe there.")
    ] = "development"
    host: Annotated[Text, About("The address to listen on.", "an IP address or a host name")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535), About("The port to listen on; 0 takes a free one.", "0 to 65535")] = 8000
    app_url: Annotated[
        str,
        Meta(pattern=r"\Ahttps?://[^\s/?#]+[^\s?#]*\Z"),
        About("Where customers reach the shop; made of `HOST` and `PORT` unless set.", "an http:// or https:// URL"),
    ] = "http://127.0.0.1:8000"
    allowed_hosts: Annotated[
        tuple[Text, ...],
        About("The `Host` headers that are answered; empty answers all.", "host names with commas between them"),
    ] = ()
    trusted_proxies: Annotated[
        tuple[Text, ...],
        About("The proxies before the shop, whose `X-Forwarded-*` headers are believed; empty believes nobody.", _NETS),
    ] = ()
    allowed_origins: Annotated[
        tuple[Text, ...],
        About("The web pages of other origins that may use the shop with their visitors' cookies.", _ORIGINS),
    ] = ()
    passkey_domain: Annotated[
        Annotated[str, Meta(pattern=r"\A[a-z0-9-]+(\.[a-z0-9-]+)*\Z")] | None,
        About(
            "The domain that passkeys are made for; the host of `APP_URL` unless set. Once there are some, another "
            "domain makes them useless.",
            "a host name: that of `APP_URL`, or a domain above it",
        ),
    ] = None
    oauth_consent_page: Annotated[
        Annotated[str, Meta(pattern=r"\Ahttps?://[^\s/?#]+[^\s?#]*\Z")] | None,
        About(
            "The page that a browser which an app has opened is sent to, to sign in and to be asked.",
            "an http:// or https:// URL without a query",
        ),
    ] = None
    staff_second_factor: Annotated[
        Literal["optional", "required"],
        About("Whether staff may act only after a sign-in with a second factor, or by a passkey."),
    ] = "optional"
    allowed_networks: Annotated[
        tuple[Text, ...], About("The only networks that are answered; empty answers all.", _NETS)
    ] = ()
    blocked_networks: Annotated[tuple[Text, ...], About("Networks that are not answered.", _NETS)] = ()
    store_url: Annotated[
        Text,
        About(
            "Where the shop is kept.",
            "`sqlite:///<path>`, `sqlite:////<absolute path>`, `sqlite://:memory:` or "
            "`mongodb://[user:password@]host[:port][,...]/<database>[?options]`",
        ),
    ] = "sqlite:///shop.db"
    redis_url: Annotated[
        Annotated[
            str,
            Meta(pattern=r"\A(rediss?://[^\s/?#]+(/\d*)?|rediss?\+cluster://[^\s/?#]+|unix://[^\s?#]+)(\?[^\s#]*)?\Z"),
        ]
        | None,
        About(
            "What the servers of a shop share limits, pages and wake-ups through; each has its own unless set.",
            "`redis://`, `rediss://`, `redis+cluster://`, `rediss+cluster://` or `unix://`, and all that follows",
            True,
        ),
    ] = None
    redis_host: Annotated[
        Annotated[str, Meta(pattern=r"\A[^\s/@:?#]+\Z")] | None,
        About("The same by its parts: the host.", "a host name or an IPv4 address"),
    ] = None
    redis_port: Annotated[int, Meta(ge=1, le=65535), About("The port on `REDIS_HOST`.", "1 to 65535")] = 6379
    redis_key: Annotated[Text | None, About("The password for `REDIS_HOST`.", "a text", True)] = None
    event_stream_length: Annotated[
        int,
        Meta(ge=0, le=100_000_000),
        About(
            "How many events Redis keeps for `shop events` and whoever else reads them; 0 keeps none.",
            "a number from 0",
        ),
    ] = 100_000
    write_timeout_seconds: Annotated[
        Seconds, About("How long a write waits for the store before it answers 503.", SECONDS)
    ] = 2.0
    request_timeout_seconds: Annotated[
        Seconds,
        About(
            "How long a request may take: nothing waits beyond it. At least `PAYMENT_TIMEOUT_SECONDS` and twice "
            "`WRITE_TIMEOUT_SECONDS`.",
            SECONDS,
        ),
    ] = 15.0
    currency: Annotated[str, About("What a new shop sells in.", "an ISO 4217 code")] = "USD"
    sealing_keys: Annotated[
        _SealingKeys | None,
        About(
            "What seals personal data: the first key seals, all unseal.", f"`name:key,...`, a key being {_KEY}", True
        ),
    ] = None
    index_key: Annotated[
        _TwoKeys | None, About("What e-mail addresses are looked up with; the one that is to stay first.", _TWO, True)
    ] = None
    signing_key: Annotated[
        _TwoKeys | None,
        About("What signs refresh tokens, mailed links and cursors: the first one signs, both verify.", _TWO, True),
    ] = None
    jwt_key: Annotated[
        tuple[_Secret, ...],
        About(
            "What signs access tokens: the first one signs, all verify; made of `SIGNING_KEY` unless set.",
            _SECRETS,
            True,
        ),
    ] = ()
    argon2_memory_cost: Annotated[
        int, Meta(ge=8, le=1 << 22), About("The memory that hashing a password takes.", "a number of KiB from 8")
    ] = 19456
    argon2_time_cost: Annotated[
        int, Meta(ge=1, le=1000), About("How often hashing a password goes through that memory.", "1 to 1000")
    ] = 2
    argon2_parallelism: Annotated[int, Meta(ge=1, le=64), About("How many threads hash one password.", "1 to 64")] = 1
    argon2_earlier_costs: Annotated[
        tuple[Annotated[str, Meta(pattern=r"\A[1-9][0-9]{0,6}/[1-9][0-9]{0,2}/[1-9][0-9]?\Z")], ...],
        About(
            "Costs that hashes of some accounts still have: each password takes these as well, so that nobody can be "
            "told by time.",
            "`memory/time/parallelism` such as `19456/2/1`, with commas between them",
        ),
    ] = ()
    unverified_account_days: Annotated[
        int,
        Meta(ge=2, le=3650),
        About(
            "How long an account is kept whose address nobody has verified, from the last link on that was asked for.",
            "2 to 3650",
        ),
    ] = 7
    keys_file: Annotated[
        Text, About("Where a shop without the three keys above keeps keys that it makes itself.", "a path")
    ] = "shop.keys"
    worker: Annotated[
        Literal["inline", "separate"], About("Whether `shop serve` does the jobs, or leaves them to `shop worker`.")
    ] = "inline"
    worker_stop_seconds: Annotated[
        Seconds,
        About("How long a worker that is told to stop finishes its jobs; what is left it hands to others.", SECONDS),
    ] = 20.0
    job_rates: Annotated[
        dict[Text, Annotated[int, Meta(ge=1, le=1000)]],
        About(
            "How many jobs of a kind, or of all kinds of mail together, all workers begin in a second; an unknown kind"
            " is refused at the start.",
            "kinds or `mail`, and numbers, such as `mail:10`, with commas between them",
        ),
    ] = {}
    webhook_networks: Annotated[
        tuple[Text, ...],
        About(
            "Networks that are not public, and that webhooks may be sent to all the same; with one, by http:// too.",
            _NETS,
        ),
    ] = ()
    rate_limits: Annotated[Literal["on", "off"], About("Off for load tests only.")] = "on"
    body_limit: Annotated[
        int, Meta(ge=1024, le=1 << 30), About("The longest request body that is read.", "a number of bytes from 1024")
    ] = 1 << 20
    log_format: Annotated[Literal["json", "text"], About("JSON for machines, text for people.")] = "json"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], About("The least important line that is written.")
    ] = "info"

    @property
    def database(self) -> str:
        """The path of the store, or `:memory:`; of a server its address, without user and password."""
        if self.store_url.startswith(MONGO):
            return MONGO + self.store_url.partition("?")[0].removeprefix(MONGO).rpartition("@")[2]
        return MEMORY if self.store_url in _MEMORY_URLS else self.store_url.removeprefix(_SQLITE)

    @property
    def redis_address(self) -> str | None:
        """Where Redis is, as one URL, if there is one."""
        if self.redis_host is None:
            return self.redis_url
        password = "" if self.redis_key is None else f":{quote(self.redis_key, safe='')}@"
        return f"redis://{password}{self.redis_host}:{self.redis_port}"

    @property
    def passkey_site(self) -> str:
        """The domain that passkeys are made for."""
        return self.passkey_domain or named_host(self.app_url)

    @property
    def passkey_origins(self) -> tuple[str, ...]:
        """The pages where passkeys may be used: the shop's own, and those of `ALLOWED_ORIGINS` within the domain."""
        site = self.passkey_site
        within = [each for each in self.allowed_origins if f".{urlsplit(each).hostname}".endswith(f".{site}")]
        return tuple(dict.fromkeys((_named_origin(self.app_url), *within)))


def named_host(url: str) -> str:
    """The host of an URL, this machine's by its name: browsers make passkeys for names (WebAuthn Level 3, 5.4.2)."""
    host = urlsplit(url).hostname or ""
    return "localhost" if host in {"127.0.0.1", "::1"} else host


def _named_origin(url: str) -> str:
    """As a browser writes it, the port only where it is not the scheme's own."""
    parts = urlsplit(url)
    is_usual = parts.port in {None, {"http": 80, "https": 443}.get(parts.scheme)}
    return f"{parts.scheme}://{named_host(url)}" + ("" if is_usual else f":{parts.port}")

"""What is wrong with settings that are each of the right form, and what is not safe where people pay."""

import re
from ipaddress import ip_network
from urllib.parse import parse_qsl, urlsplit

from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.settings.gateway_rules import problems_of_rules
from shopcore.settings.kinds import MEMORY, MONGO
from shopcore.settings.mail_servers import problems_of_mail
from shopcore.settings.shape import named_host
from shopcore.settings.whole import Settings

_ORIGIN = re.compile(
    r"(http://(?![^/]*:80\Z)|https://(?![^/]*:443\Z))([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?"
)

_REDIS_OPTIONS = {"db", "ssl_ca_certs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"}
# OWASP's Password Storage Cheat Sheet: 46 MiB once, 19 MiB twice, 12 MiB 3, 9 MiB 4 or 7 MiB 5 times are one strength.
_LEAST_MEMORY = 7 * 1024
_LEAST_WORK = 5 * _LEAST_MEMORY


def problems_of(settings: Settings) -> tuple[str, ...]:
    """What is wrong with settings that are each of the right form; empty when a shop can be opened with them."""
    unreadable = _addresses(settings)
    if unreadable:
        return unreadable  # what follows from an address cannot be told before it is one
    return (
        *_store(settings),
        *_redis(settings),
        *_times(settings),
        *_currency(settings),
        *_networks(settings),
        *_origins(settings),
        *_passkeys(settings),
        *_hashing(settings),
        *_keys(settings),
        *_stripe(settings),
        *_manual(settings),
        *problems_of_mail(settings),
        *problems_of_rules(settings),
        *_production(settings),
    )


def _addresses(settings: Settings) -> tuple[str, ...]:
    """Those that look like one, and are none: a bracket that is not closed, a port that is no number."""
    if not _is_readable(f"http://[{settings.host}]" if ":" in settings.host else f"http://{settings.host}"):
        return ("HOST must be an IP address or a host name",)
    return tuple(
        f"{name} must be an http:// or https:// URL with a host, its port a number up to 65535"
        for name, url in (("APP_URL", settings.app_url), ("STRIPE_API_BASE", settings.stripe_api_base))
        if not _is_readable(url)
    )


def _is_readable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:
        return False


_NAMES_BY_DNS = (
    "STORE_URL must name the servers, this version looks up no mongodb+srv: "
    "mongodb://user:password@one,two,three/shop?replicaSet=<name>&tls=true&authSource=admin "
    "(Atlas shows it as the connection string for drivers of older versions)"
)


def _store(settings: Settings) -> tuple[str, ...]:
    scheme = settings.store_url.partition("://")[0] if "://" in settings.store_url else ""
    if scheme == "sqlite" and settings.database not in {"", settings.store_url}:
        return ()
    if settings.store_url.startswith(MONGO) and settings.store_url != MONGO:
        return ()  # whether it leads to a server that a shop can be kept on, only asking there tells
    if scheme == "mongodb+srv":
        return (_NAMES_BY_DNS,)
    forms = "sqlite:///<path>, sqlite://:memory: or mongodb://<hosts>/<database>"
    return (f"STORE_URL must be {forms}, this version cannot use {scheme or 'that'}",)


_REDIS_FORMS = (
    "redis://[user:password@]host[:port][/number], redis+cluster://[user:password@]host[:port][,...], "
    "the same with rediss, or unix:<path>"
)


def _redis(settings: Settings) -> tuple[str, ...]:
    """What no Redis could be reached with. One that is down stops no shop."""
    if settings.redis_url is None:
        return () if settings.redis_host or not settings.redis_key else ("REDIS_KEY is set, but not REDIS_HOST",)
    if settings.redis_host or settings.redis_key:
        return ("REDIS_URL must not be set beside REDIS_HOST or REDIS_KEY: it holds both",)
    try:
        parts = urlsplit(settings.redis_url)
        hosts = [urlsplit(f"//{each}") for each in parts.netloc.rpartition("@")[2].split(",")]
        several = len(hosts) > 1 and not parts.scheme.endswith("+cluster")
        unusable = several or (parts.scheme != "unix" and any(each.port == 0 or not each.hostname for each in hosts))
        options = {name for name, _ in parse_qsl(parts.query, strict_parsing=bool(parts.query))}
    except ValueError:
        unusable, options = True, set()
    if unusable:
        return (f"REDIS_URL must be {_REDIS_FORMS}",)
    unknown = sorted(options - _REDIS_OPTIONS)
    return tuple(f"REDIS_URL must not have the option {name}: the shop sets its own" for name in unknown)


def _times(settings: Settings) -> tuple[str, ...]:
    """What a gateway has taken must still be written down, and before it is asked, that it is going to be."""
    least = settings.payment_timeout_seconds + 2 * settings.write_timeout_seconds
    if settings.request_timeout_seconds >= least:
        return ()
    return (f"REQUEST_TIMEOUT_SECONDS must be at least PAYMENT_TIMEOUT_SECONDS + 2 * WRITE_TIMEOUT_SECONDS, {least:g}",)


def _currency(settings: Settings) -> tuple[str, ...]:
    return () if settings.currency in EXPONENTS else ("CURRENCY must be an ISO 4217 code in circulation, such as USD",)


def _networks(settings: Settings) -> tuple[str, ...]:
    names = ("TRUSTED_PROXIES", "ALLOWED_NETWORKS", "BLOCKED_NETWORKS", "WEBHOOK_NETWORKS")
    return tuple(
        f"{name} must be networks such as 10.0.0.0/8, or addresses, with commas between them"
        for name in names
        if not all(map(_is_network, getattr(settings, name.lower())))
    )


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=True)
    except ValueError:
        return False
    return True


def _origins(settings: Settings) -> tuple[str, ...]:
    """Exactly as a browser writes them (Fetch standard): no path, no default port, no capitals, no wildcard."""
    if all(map(_ORIGIN.fullmatch, settings.allowed_origins)):
        return ()
    return ("ALLOWED_ORIGINS must be origins such as https://www.example.org, without a path and without a wildcard",)


def _passkeys(settings: Settings) -> tuple[str, ...]:
    """A page may ask for passkeys of its own host or of a domain above it (WebAuthn Level 3, 5.1.4.1)."""
    host = named_host(settings.app_url)
    if settings.passkey_domain is None or f".{host}".endswith(f".{settings.passkey_domain}"):
        return ()
    return ("PASSKEY_DOMAIN must be the host of APP_URL, or a domain above it",)


def _keys(settings: Settings) -> tuple[str, ...]:
    names = ("SEALING_KEYS", "INDEX_KEY", "SIGNING_KEY")
    missing = [name for name in names if getattr(settings, name.lower()) is None]
    if missing and len(missing) < len(names):
        return tuple(f"{name} must be set, because others of {', '.join(names)} are" for name in missing)
    several = ((settings.sealing_keys or {}).values(), settings.index_key or (), settings.signing_key or ())
    every = [key for keys in several for key in keys]
    if not missing and len(set(every)) < len(every):
        return ("SEALING_KEYS, INDEX_KEY and SIGNING_KEY must all be different keys",)
    return ()


def _stripe(settings: Settings) -> tuple[str, ...]:
    key, base = settings.stripe_secret_key or "", urlsplit(settings.stripe_api_base)
    refused = (
        (
            len(set(settings.payment_gateways)) < len(settings.payment_gateways),
            "PAYMENT_GATEWAYS must not name one twice",
        ),
        ("stripe" in settings.gateways and not key, "STRIPE_SECRET_KEY must be set, because PAYMENT_GATEWAYS has it"),
        (
            "_live_" in key and settings.shop_env != "production",
            "STRIPE_SECRET_KEY must be a test key: what is tried out must not move money (SHOP_ENV=development)",
        ),
        (
            base.scheme == "http" and base.hostname not in {"127.0.0.1", "localhost", "::1"},
            "STRIPE_API_BASE must start with https://: the key must not travel in the clear",
        ),
    )
    return tuple(problem for wrong, problem in refused if wrong)


def _hashing(settings: Settings) -> tuple[str, ...]:
    """Argon2 takes 8 KiB for each thread at the least (RFC 9106, 3.1)."""
    earlier = [tuple(map(int, cost.split("/"))) for cost in settings.argon2_earlier_costs]
    refused = (
        (
            settings.argon2_memory_cost < 8 * settings.argon2_parallelism,
            "ARGON2_MEMORY_COST must be at least 8 for each of ARGON2_PARALLELISM",
        ),
        (
            any(memory < 8 * threads for memory, _, threads in earlier),
            "ARGON2_EARLIER_COSTS must have a memory of at least 8 for each thread",
        ),
    )
    return tuple(problem for wrong, problem in refused if wrong)


def _manual(settings: Settings) -> tuple[str, ...]:
    """Nobody can make a transfer without being told to whom."""
    if "manual" in settings.gateways and "bank_transfer" in settings.manual_methods and not settings.manual_details:
        return ("MANUAL_DETAILS must say where to pay to, while PAYMENT_GATEWAYS has manual with bank_transfer",)
    return ()


def _production(settings: Settings) -> tuple[str, ...]:
    """Every default that is not safe where people pay."""
    if settings.shop_env != "production":
        return ()
    refused = (
        (settings.sealing_keys is None, "SEALING_KEYS, INDEX_KEY and SIGNING_KEY must be set, not made by the shop"),
        (
            settings.argon2_memory_cost < _LEAST_MEMORY
            or settings.argon2_memory_cost * settings.argon2_time_cost < _LEAST_WORK,
            "ARGON2_MEMORY_COST and ARGON2_TIME_COST must not be below what OWASP asks for, such as 19456 and 2",
        ),
        (
            bool({"bogus", "bogus2"} & {*settings.gateways}) and settings.bogus_gateway != "allowed",
            "BOGUS_GATEWAY must be allowed, by name: it moves no money",
        ),
        ("_test_" in (settings.stripe_secret_key or ""), "STRIPE_SECRET_KEY must be a live key: no other moves money"),
        (
            "stripe" in settings.gateways and not settings.stripe_webhook_secrets,
            "STRIPE_WEBHOOK_SECRETS must be set: Stripe's word must be known from anybody else's",
        ),
        (
            "stripe" in settings.gateways and settings.stripe_api_base != "https://api.stripe.com",
            "STRIPE_API_BASE must not be set: there is one Stripe",
        ),
        (settings.rate_limits == "off", "RATE_LIMITS must be on"),
        (not settings.app_url.startswith("https://"), "APP_URL must be set, and start with https://"),
        (not settings.allowed_hosts, "ALLOWED_HOSTS must be set"),
        (not settings.trusted_proxies, "TRUSTED_PROXIES must be set: HTTPS ends at a proxy, and only it is believed"),
        (
            any(origin.startswith("http://") for origin in settings.allowed_origins),
            "ALLOWED_ORIGINS must all start with https://",
        ),
        (
            (settings.oauth_consent_page or "").startswith("http://"),
            "OAUTH_CONSENT_PAGE must start with https://",
        ),
        (
            any(ip_network(proxy).prefixlen == 0 for proxy in filter(_is_network, settings.trusted_proxies)),
            "TRUSTED_PROXIES must not be everybody",
        ),
        (settings.database == MEMORY, "STORE_URL must not be in memory: every order would be lost"),
        (
            settings.mail_dir is None and not settings.smtp_url and settings.smtp_host is None,
            "MAIL_DIR or SMTP_URL must be set: without a mail server mails go to a folder and no further",
        ),
        (settings.smtp_from.endswith(("@localhost", "@localhost>")), "SMTP_FROM must be set to the shop's address"),
    )
    return tuple(f"{problem} (SHOP_ENV=production)" for unsafe, problem in refused if unsafe)

"""Settings: from the environment and a file, all mistakes at once, and nothing unsafe in production."""

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.settings import (
    InvalidSettings,
    Settings,
    describe,
    gateway_rules,
    mail_servers,
    problems_of,
    read_settings,
)

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
NOWHERE = Path("/nowhere/.env")


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


SAFE = {
    "SHOP_ENV": "production",
    "APP_URL": "https://shop.example.org",
    "ALLOWED_HOSTS": "shop.example.org",
    "TRUSTED_PROXIES": "10.0.0.0/8,2001:db8::1",
    "SEALING_KEYS": f"k2:{key('b')},k1:{key('a')}",
    "INDEX_KEY": key("i"),
    "SIGNING_KEY": key("s"),
    "BOGUS_GATEWAY": "allowed",
    "MAIL_DIR": "/var/mail/shop",
    "SMTP_FROM": "A Shop, Inc. <shop@example.org>",
}


def problems_with(**variables: str) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as invalid:
        read_settings(NOWHERE, variables)
    return invalid.value.problems


def settings_or_problems(variables: dict[str, str]) -> Settings | tuple[str, ...]:
    try:
        return read_settings(NOWHERE, variables)
    except InvalidSettings as invalid:
        return invalid.problems


def test_a_shop_for_trying_out_needs_no_settings() -> None:
    """Neither variables nor a file; what is in the environment for others is none of ours."""
    assert read_settings(NOWHERE, {}) == Settings() == read_settings(NOWHERE, {"PATH": "/bin", "PORT": ""})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """Values in the file may be quoted, and mean what they say: a dollar sign is no variable."""
    file = tmp_path / ".env"
    file.write_text('export PORT=1000\nHOST="localhost" # here\n\nKEYS_FILE=$HOME/keys\nNOT_OURS=1\n')
    settings = read_settings(file, {"PORT": "2000"})

    assert (settings.port, settings.host, settings.keys_file) == (2000, "localhost", "$HOME/keys")
    assert settings.app_url == "http://localhost:2000"


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    """And so is one that is no text, or a folder."""
    for content, problem in [
        (b"PORT=1\n'HOST\n", "line 2: must be NAME=value"),
        (b"HOST=\xff\n", "cannot be read as UTF-8 text"),
    ]:
        (tmp_path / ".env").write_bytes(content)
        with pytest.raises(InvalidSettings, match=problem):
            read_settings(tmp_path / ".env", {})
    with pytest.raises(InvalidSettings, match="cannot be read"):
        read_settings(tmp_path, {})


def test_everything_wrong_is_named_at_once() -> None:
    """Each once, by the name that the operator wrote, with the rule and never the value."""
    problems = problems_with(
        PORT="eighty",
        SHOP_ENV="staging",
        INDEX_KEY="hunter2",
        SIGNING_KEY=key("s"),
        CURRENCY="DOGE",
        PAYMENT_TIMEOUT_SECONDS="nan",
        BODY_LIMIT="1.5",
        SMTP_FROM="nobody",
    )

    names = ["SHOP_ENV", "PORT", "INDEX_KEY", "BODY_LIMIT", "SMTP_FROM", "PAYMENT_TIMEOUT_SECONDS"]
    assert [problem.split()[0] for problem in problems] == [*names, "CURRENCY", "SEALING_KEYS"]
    assert problems[0] == "SHOP_ENV must be one of `development`, `production`"
    assert problems[1] == "PORT must be 0 to 65535"
    assert not any("hunter2" in problem or "eighty" in problem for problem in problems)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("WRITE_TIMEOUT_SECONDS", "0"),
        ("WRITE_TIMEOUT_SECONDS", "inf"),
        ("REQUEST_TIMEOUT_SECONDS", "13.9"),
        ("APP_URL", "shop.example.org"),
        ("APP_URL", "https://shop.example.org/?a=b"),
        ("APP_URL", "https://[shop.example.org"),
        ("APP_URL", "https://shop.example.org:many"),
        ("STRIPE_API_BASE", "http://["),
        ("HOST", "["),
        ("RATE_LIMITS", "maybe"),
        ("SEALING_KEYS", "k1"),
        ("SEALING_KEYS", f"k1:{key('a')[:-4]}"),
        ("SEALING_KEYS", f"k1:{key('a')},k1:{key('b')}"),
        ("SEALING_KEYS", f"a key:{key('a')}"),
        ("STORE_URL", "mongodb://"),
        ("STORE_URL", "mongodb+srv://user:hunter2@localhost/shop"),
        ("MONGO_URI", "postgres://user:hunter2@localhost/shop"),
        ("STORE_URL", "sqlite:///"),
        ("STORE_URL", "sqlite://shop.db"),
        ("STORE_URL", "shop.db"),
        ("SMTP_FROM", "A <a@example.org>\nBcc: b@example.org"),
        ("ALLOWED_HOSTS", "a,,b"),
        ("TRUSTED_PROXIES", "everybody"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("BLOCKED_NETWORKS", "10.0.0.0/33"),
        ("ALLOWED_NETWORKS", "10.0.0.0/8,,"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "null"),
        ("ALLOWED_ORIGINS", "https://*.example.org"),
        ("ALLOWED_ORIGINS", "https://example.org/"),
        ("ALLOWED_ORIGINS", "https://Example.org"),
        ("ALLOWED_ORIGINS", "https://example.org:443"),
        ("ALLOWED_ORIGINS", "http://example.org:80"),
        ("ALLOWED_ORIGINS", "example.org"),
        ("PASSKEY_DOMAIN", "https://example.org"),
        ("PASSKEY_DOMAIN", "example.org"),
        ("PASSKEY_DOMAIN", "127.0.0.1"),
        ("ARGON2_MEMORY_COST", "7"),
        ("ARGON2_EARLIER_COSTS", "19456"),
        ("ARGON2_EARLIER_COSTS", "19456/0/1"),
        ("ARGON2_EARLIER_COSTS", "8/1/2"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "http://user:hunter2@localhost"),
        ("REDIS_URL", "redis://:hunter2@localhost:port"),
        ("REDIS_URL", "redis://:hunter2@:6379"),
        ("REDIS_URL", "redis://localhost/first"),
        ("REDIS_URL", "redis://one:6379,two:6379"),
        ("REDIS_URL", "redis+cluster://one:6379,:hunter2"),
        ("REDIS_URL", "redis+cluster://one,two/1"),
        ("REDIS_URL", "rediss+cluster://one?socket_timeout=100"),
        ("REDIS_URL", "redis://localhost?socket_timeout=100"),
        ("REDIS_HOST", "redis://localhost"),
        ("REDIS_PORT", "0"),
        ("REDIS_KEY", "hunter2"),
        ("EVENT_STREAM_LENGTH", "-1"),
        ("PAYMENT_GATEWAYS", "paypal"),
        ("PAYMENT_GATEWAYS", "bogus,bogus"),
        ("GATEWAY_RULES", "bogus"),
        ("GATEWAY_RULES", "currency=USD"),
        ("GATEWAY_RULES", "use=stripe"),
        ("GATEWAY_RULES", "use=bogus>bogus"),
        ("GATEWAY_RULES", "use=bogus allow=bogus"),
        ("GATEWAY_RULES", "use=bogus allow=stripe"),
        ("GATEWAY_RULES", "use=bogus allow=manual.bank_transfer"),
        ("GATEWAY_RULES", "use=bogus colour=red"),
        ("GATEWAY_RULES", "currency=ABC use=bogus"),
        ("GATEWAY_RULES", "country=Germany use=bogus"),
        ("GATEWAY_RULES", "from=10.00 use=bogus"),
        ("GATEWAY_RULES", "currency=JPY from=ten use=bogus"),
        ("STRIPE_SECRET_KEY", "pk_test_hunter2"),
        ("STRIPE_SECRET_KEY", "sk_live_hunter2"),
        ("STRIPE_WEBHOOK_SECRETS", "hunter2"),
        ("STRIPE_API_BASE", "http://stripe.example.org"),
        ("STRIPE_API_BASE", "https://user:hunter2@stripe.example.org"),
        ("STRIPE_CALLS_PER_SECOND", "0"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    """By name, and without showing it."""
    problems = problems_with(**{name: value})

    assert problems[0].startswith("STORE_URL" if name == "MONGO_URI" else name)
    assert "hunter2" not in "".join(problems)


def test_the_store_and_the_bank_stand_side_by_side() -> None:
    """In memory both, unless the bank is told otherwise."""
    paths = {
        url: (settings.database, settings.bogus_database)
        for url in ("sqlite:///shop.db", "sqlite:////var/shop/a.db", "sqlite://:memory:", "sqlite:///:memory:")
        for settings in [read_settings(NOWHERE, {"STORE_URL": url})]
    }

    assert list(paths.values()) == [
        ("shop.db", "bogus.db"),
        ("/var/shop/a.db", "/var/shop/bogus.db"),
        (":memory:", ":memory:"),
        (":memory:", ":memory:"),
    ]
    assert read_settings(NOWHERE, {"BOGUS_FILE": "b.db"}).bogus_database == "b.db"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, None),
        ({"REDIS_URL": "rediss://u:p@redis.example.org:6380/2"}, "rediss://u:p@redis.example.org:6380/2"),
        ({"REDIS_URL": "unix:///run/redis.sock?db=3"}, "unix:///run/redis.sock?db=3"),
        ({"REDIS_HOST": "redis"}, "redis://redis:6379"),
        (
            {"REDIS_HOST": "redis", "REDIS_PORT": "7000", "REDIS_KEY": "p@ss/w:rd"},
            "redis://:p%40ss%2Fw%3Ard@redis:7000",
        ),
    ],
)
def test_redis_is_named_by_a_url_or_by_its_parts(given: dict[str, str], address: str | None) -> None:
    """A password may hold any sign."""
    assert read_settings(NOWHERE, given).redis_address == address


STRIPE = {
    "STRIPE_SECRET_KEY": "sk_live_hunter2",
    "STRIPE_WEBHOOK_SECRETS": "whsec_hunter2,whsec_hunter3",
    "BOGUS_GATEWAY": "",
}


@pytest.mark.parametrize(
    ("given", "gateways"),
    [
        ({}, ("bogus",)),
        ({"STRIPE_SECRET_KEY": "sk_test_hunter2"}, ("stripe",)),
        ({"STRIPE_SECRET_KEY": "rk_test_hunter2", "PAYMENT_GATEWAYS": "stripe, bogus"}, ("stripe", "bogus")),
        ({"STRIPE_SECRET_KEY": "sk_test_hunter2", "PAYMENT_GATEWAYS": "bogus"}, ("bogus",)),
        (SAFE | STRIPE, ("stripe",)),
    ],
)
def test_a_key_to_stripe_is_enough_to_be_paid_through_it(given: dict[str, str], gateways: tuple[str, ...]) -> None:
    """Unless it is said what else the shop is paid through. Then nothing needs to be known of the pretend bank."""
    settings = read_settings(NOWHERE, given)

    assert settings.gateways == gateways
    assert "hunter" not in "".join(each.value for each in describe(settings))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_hunter2"}, "STRIPE_SECRET_KEY"),
        ({"STRIPE_WEBHOOK_SECRETS": ""}, "STRIPE_WEBHOOK_SECRETS"),
        ({"STRIPE_API_BASE": "https://stripe.example.org"}, "STRIPE_API_BASE"),
        ({"PAYMENT_GATEWAYS": "stripe,bogus"}, "BOGUS_GATEWAY"),
        ({"STRIPE_SECRET_KEY": "", "PAYMENT_GATEWAYS": "stripe"}, "STRIPE_SECRET_KEY"),
    ],
)
def test_where_people_pay_only_stripe_itself_will_do(change: dict[str, str], named: str) -> None:
    """A test key moves no money, and without its secret anybody could say that an order is paid."""
    (problem,) = problems_with(**{**SAFE, **STRIPE, **change})

    assert problem.startswith(named)
    assert "hunter" not in problem


def test_the_secret_of_webhooks_has_an_older_name() -> None:
    """For one secret, which is the usual number."""
    assert read_settings(NOWHERE, {"STRIPE_WEBHOOK_SECRET": "whsec_one"}).stripe_webhook_secrets == ("whsec_one",)


def test_redis_is_named_in_one_way() -> None:
    """Of two it would not be known which holds."""
    problems = problems_with(REDIS_URL="redis://a", REDIS_HOST="b")

    assert [problem.split()[0] for problem in problems] == ["REDIS_URL"]


@pytest.mark.parametrize(
    ("given", "servers"),
    [
        ({}, []),
        (
            {"SMTP_URL": "smtp://u%40a.example:p%40ss%2C@mail.example.org, smtps://two.example.org/"},
            [
                ("mail.example.org", 587, "starttls", "u@a.example", "p@ss,"),
                ("two.example.org", 465, "implicit", None, None),
            ],
        ),
        ({"SMTP_URL": "smtp://127.0.0.1:25?tls=off"}, [("127.0.0.1", 25, "off", None, None)]),
        ({"SMTP_URL": "smtp://a:b@localhost:25?tls=off"}, [("localhost", 25, "off", "a", "b")]),
        (
            {"SMTP_HOST": "mail", "SMTP_USER": "u", "SMTP_PASS": "p@ss/w:rd"},
            [("mail", 587, "starttls", "u", "p@ss/w:rd")],
        ),
        ({"SMTP_HOST": "mail", "SMTP_PORT": "465"}, [("mail", 465, "implicit", None, None)]),
    ],
)
def test_mail_servers_are_named_by_urls_or_by_parts(given: dict[str, str], servers: list[Any]) -> None:
    """A password may hold any sign, and is not in a traceback."""
    found = mail_servers(read_settings(NOWHERE, given))

    assert [(each.host, each.port, each.tls, each.user, each.password) for each in found] == servers
    assert not any(each.password and each.password in repr(each) for each in found)


@pytest.mark.parametrize(
    "given",
    [
        {"SMTP_URL": "mail.example.org"},
        {"SMTP_URL": "http://mail.example.org"},
        {"SMTP_URL": "smtp://"},
        {"SMTP_URL": "smtp://mail.example.org:0"},
        {"SMTP_URL": "smtp://mail.example.org:99999"},
        {"SMTP_URL": "smtp://mail.example.org/inbox"},
        {"SMTP_URL": "smtp://user@mail.example.org"},
        {"SMTP_URL": "smtps://mail.example.org?tls=off"},
        {"SMTP_URL": "smtp://mail.example.org?tls=maybe"},
        {"SMTP_URL": "smtp://user:secret@mail.example.org?tls=off"},
        {"SMTP_URL": "smtp://a", "SMTP_HOST": "b"},
        {"SMTP_URL": "smtp://a", "SMTP_PASS": "p"},
        {"SMTP_USER": "u", "SMTP_PASS": "p"},
        {"SMTP_HOST": "a", "SMTP_USER": "u"},
        {"SMTP_URL": "smtp://a", "MAIL_DIR": "mail"},
    ],
)
def test_mail_servers_that_no_mail_could_go_through_are_refused(given: dict[str, str]) -> None:
    """So is a password that would be sent in the clear; nothing secret is in what is said."""
    problems = problems_with(**given)

    assert all(problem.split()[0] in {"SMTP_URL", "SMTP_HOST", "SMTP_USER", "MAIL_DIR"} for problem in problems)
    assert not any("secret" in problem for problem in problems)


def test_words_may_be_written_in_capitals() -> None:
    """As other programs' log levels are."""
    assert read_settings(NOWHERE, {"LOG_LEVEL": "WARNING"}).log_level == "warning"


def test_where_a_shop_listens_to_all_its_links_lead_to_this_machine() -> None:
    """And an IPv6 address gets its brackets."""
    assert read_settings(NOWHERE, {"HOST": "0.0.0.0"}).app_url == "http://127.0.0.1:8000"
    assert read_settings(NOWHERE, {"HOST": "::1"}).app_url == "http://[::1]:8000"


def test_the_first_sealing_key_stays_the_first() -> None:
    """It is the one that seals."""
    assert list(read_settings(NOWHERE, SAFE).sealing_keys or {}) == ["k2", "k1"]


def test_one_key_has_one_use() -> None:
    """The same bytes under two names are a mistake."""
    settings = read_settings(NOWHERE, SAFE)

    assert problems_of(msgspec.structs.replace(settings, index_key=settings.signing_key))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SEALING_KEYS": "", "INDEX_KEY": "", "SIGNING_KEY": ""}, "SEALING_KEYS, INDEX_KEY and SIGNING_KEY"),
        ({"BOGUS_GATEWAY": ""}, "BOGUS_GATEWAY"),
        ({"RATE_LIMITS": "off"}, "RATE_LIMITS"),
        ({"APP_URL": "http://shop.example.org"}, "APP_URL"),
        ({"APP_URL": ""}, "APP_URL"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"TRUSTED_PROXIES": ""}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.1,0.0.0.0/0"}, "TRUSTED_PROXIES"),
        ({"ALLOWED_ORIGINS": "https://a.example.org,http://b.example.org"}, "ALLOWED_ORIGINS"),
        ({"STORE_URL": "sqlite://:memory:"}, "STORE_URL"),
        ({"MAIL_DIR": ""}, "MAIL_DIR"),
        ({"MAIL_DIR": "", "SMTP_URL": "smtp://mail.example.org?tls=off"}, "SMTP_URL"),
        ({"SMTP_FROM": ""}, "SMTP_FROM"),
    ],
)
def test_production_refuses_what_is_not_safe_there(change: dict[str, str], named: str) -> None:
    """Each by name, and that alone; in development the same shop may start."""
    problems = problems_with(**{**SAFE, **change})

    assert len(problems) == 1
    assert problems[0].startswith(named)
    assert problems[0].endswith("(SHOP_ENV=production)")
    assert not problems_of(read_settings(NOWHERE, {**SAFE, **change, "SHOP_ENV": "development"}))


def test_no_secret_is_shown() -> None:
    """Not in the list, not in a traceback, not by its length; but whether it is set."""
    settings = read_settings(NOWHERE, SAFE)
    shown = {setting.name: setting.value for setting in describe(settings)}

    secrets = {"SEALING_KEYS", "INDEX_KEY", "SIGNING_KEY"}
    assert {name for name, value in shown.items() if value == "********"} == secrets
    assert {name for name, value in {s.name: s.value for s in describe(Settings())}.items() if not value} > secrets
    for told in (repr(settings), str(settings), str(shown)):
        assert not any(letter * 8 in told or key(letter) in told for letter in "abis")


def test_the_reference_is_the_struct() -> None:
    """Name by name, with purpose, values and default; on a mismatch, the table below is what it should hold."""
    rows = [
        f"| `{each.name}` | {f'`{each.value}`' if each.value else ''} | {each.purpose} | {each.values} |"
        for each in describe(Settings())
    ]
    table = "\n".join(("| name | default | what for | values |", "| --- | --- | --- | --- |", *rows))

    assert table in REFERENCE.read_text(encoding="utf-8"), table


@pytest.mark.parametrize(
    ("settings", "domain", "origins"),
    [
        ({}, "localhost", ("http://localhost:8000",)),
        ({"APP_URL": "https://shop.example.org"}, "shop.example.org", ("https://shop.example.org",)),
        ({"APP_URL": "https://shop.example.org:443/x"}, "shop.example.org", ("https://shop.example.org",)),
        ({"APP_URL": "http://shop.example.org:8080"}, "shop.example.org", ("http://shop.example.org:8080",)),
        (
            {
                "APP_URL": "https://shop.example.org",
                "PASSKEY_DOMAIN": "example.org",
                "ALLOWED_ORIGINS": "https://www.example.org,https://example.org,https://badexample.org,https://example.org.evil.test",
            },
            "example.org",
            ("https://shop.example.org", "https://www.example.org", "https://example.org"),
        ),
        (
            {"APP_URL": "https://shop.example.org", "ALLOWED_ORIGINS": "https://www.example.org"},
            "shop.example.org",
            ("https://shop.example.org",),
        ),
    ],
)
def test_passkeys_are_for_the_shop_s_own_domain_and_its_pages(
    settings: dict[str, str], domain: str, origins: tuple[str, ...]
) -> None:
    """This machine by its name; of other origins those within the domain, and none that only ends alike."""
    read = read_settings(NOWHERE, settings)

    assert (read.passkey_site, read.passkey_origins) == (domain, origins)


@given(st.dictionaries(st.sampled_from([each.name for each in describe(Settings())]), st.text(max_size=20)))
def test_any_text_is_a_setting_or_a_named_problem(variables: dict[str, str]) -> None:
    """Nothing that an operator types ends in another error."""
    outcome = settings_or_problems(variables)

    assert not problems_of(outcome) if isinstance(outcome, Settings) else outcome


def test_a_password_in_the_address_of_the_store_is_never_shown() -> None:
    """Neither in the list of settings nor where the store is named."""
    settings = Settings(store_url="mongodb://shop:hunter2@one.example,two.example/shop?replicaSet=a")
    shown = {setting.name: setting.value for setting in describe(settings)}

    assert shown["STORE_URL"] == "mongodb://********@one.example,two.example/shop?replicaSet=a"
    assert settings.database == "mongodb://one.example,two.example/shop"
    assert settings.bogus_database == "bogus.db"


def test_rules_of_gateways_are_read_as_they_are_written() -> None:
    """In their order, amounts in the minor units of their currency."""
    rules = "currency=EUR country=DE/AT from=10.00 to=500.00 use=bogus2>bogus, use=bogus"
    settings = read_settings(NOWHERE, {"PAYMENT_GATEWAYS": "bogus,bogus2", "GATEWAY_RULES": rules})
    first, second = gateway_rules(settings)

    assert (first.gateways, first.currency, first.countries) == (("bogus2", "bogus"), "EUR", frozenset({"DE", "AT"}))
    assert (first.least, first.most) == (1_000, 50_000)
    assert (second.gateways, second.currency, second.countries, second.least) == (("bogus",), None, frozenset(), None)


def test_a_transfer_needs_somebody_to_pay_to() -> None:
    """What is paid at the door does not; nobody falls back on an order that waits for staff."""
    by_hand = {"PAYMENT_GATEWAYS": "bogus,manual", "MANUAL_DETAILS": "Shop Ltd"}
    lacking = problems_with(PAYMENT_GATEWAYS="manual")
    mixed = problems_with(**by_hand, GATEWAY_RULES="currency=EUR use=bogus>manual")
    at_door = read_settings(NOWHERE, {"PAYMENT_GATEWAYS": "manual", "MANUAL_METHODS": "cash_on_delivery"})
    alone = read_settings(NOWHERE, {**by_hand, "GATEWAY_RULES": "country=DE use=manual"})

    not_offered = problems_with(**by_hand, GATEWAY_RULES="use=bogus allow=manual.cash_on_delivery")
    (rule,) = gateway_rules(
        read_settings(NOWHERE, {**by_hand, "GATEWAY_RULES": "use=bogus allow=manual.bank_transfer"})
    )

    refused = [problem.partition(" ")[0] for problem in (*lacking, *mixed, *not_offered)]
    assert refused == ["MANUAL_DETAILS", "GATEWAY_RULES", "GATEWAY_RULES"]
    assert rule.allowed == ("manual.bank_transfer",)
    assert (at_door.gateways, alone.gateways) == (("manual",), ("bogus", "manual"))


def test_names_that_only_dns_knows_are_refused_with_what_to_say_instead() -> None:
    """The form that Atlas shows first, and the other one that it has."""
    problems = problems_with(STORE_URL="mongodb+srv://user:hunter2@cluster0.example.net/shop")

    assert len(problems) == 1
    assert problems[0].startswith("STORE_URL must name the servers")
    assert "mongodb://user:password@one,two,three/shop?replicaSet=<name>&tls=true" in problems[0]

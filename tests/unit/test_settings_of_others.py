"""Settings of what a shop works with: stores, Redis, gateways, mail servers."""

from typing import Any

import pytest
from tests.unit.settings_given import NOWHERE, SAFE, problems_with

from shopcore.settings import (
    describe,
    gateway_rules,
    mail_servers,
    read_settings,
)


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


def test_rules_of_gateways_are_read_as_they_are_written() -> None:
    """In their order, amounts in the minor units of their currency."""
    rules = "currency=EUR country=DE/AT from=10.00 to=500.00 use=bogus2>bogus, use=bogus"
    settings = read_settings(NOWHERE, {"PAYMENT_GATEWAYS": "bogus,bogus2", "GATEWAY_RULES": rules})
    first, second = gateway_rules(settings)

    assert (first.gateways, first.currency, first.countries) == (("bogus2", "bogus"), "EUR", frozenset({"DE", "AT"}))
    assert (first.least, first.most) == (1_000, 50_000)
    assert (second.gateways, second.currency, second.countries, second.least) == (("bogus",), None, frozenset(), None)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("currency=EUR from=100.00 to=10.00 use=bogus", "above its to"),
        ("currency=EUR from=-1.00 use=bogus", "below zero in from"),
        ("currency=EUR to=-1.00 use=bogus", "below zero in to"),
        ("use=bogus, currency=EUR use=bogus2", "must end with a rule without conditions"),
    ],
)
def test_rules_that_could_never_hold_are_refused(rules: str, says: str) -> None:
    """Somebody meant something by them."""
    (problem,) = problems_with(PAYMENT_GATEWAYS="bogus,bogus2", GATEWAY_RULES=rules)

    assert problem.startswith("GATEWAY_RULES ")
    assert says in problem


def test_one_amount_is_a_span_too() -> None:
    one = "currency=EUR from=10.00 to=10.00 use=bogus, use=bogus"
    first, rest = gateway_rules(read_settings(NOWHERE, {"PAYMENT_GATEWAYS": "bogus", "GATEWAY_RULES": one}))

    assert (first.least, first.most, rest.is_for_all) == (1_000, 1_000, True)


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

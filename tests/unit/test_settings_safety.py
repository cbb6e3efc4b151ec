"""Settings that must be safe: keys, production, and no secret shown."""

import msgspec
import pytest
from tests.unit.settings_given import NOWHERE, SAFE, key, problems_with

from shopcore.settings import (
    Settings,
    describe,
    problems_of,
    read_settings,
)


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


def test_a_password_in_the_address_of_the_store_is_never_shown() -> None:
    """Neither in the list of settings nor where the store is named."""
    settings = Settings(store_url="mongodb://shop:hunter2@one.example,two.example/shop?replicaSet=a")
    shown = {setting.name: setting.value for setting in describe(settings)}

    assert shown["STORE_URL"] == "mongodb://********@one.example,two.example/shop?replicaSet=a"
    assert settings.database == "mongodb://one.example,two.example/shop"
    assert settings.bogus_database == "bogus.db"

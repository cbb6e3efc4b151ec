"""Settings as tests give them, and what is wrong with them."""

import base64
from pathlib import Path

import pytest

from shopcore.settings import (
    InvalidSettings,
    Settings,
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

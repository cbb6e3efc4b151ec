"""Settings: from the environment and a file, and all mistakes at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.settings_given import NOWHERE, REFERENCE, key, problems_with, settings_or_problems

from shopcore.settings import (
    InvalidSettings,
    Settings,
    describe,
    problems_of,
    read_settings,
)


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


def test_words_may_be_written_in_capitals() -> None:
    """As other programs' log levels are."""
    assert read_settings(NOWHERE, {"LOG_LEVEL": "WARNING"}).log_level == "warning"


def test_where_a_shop_listens_to_all_its_links_lead_to_this_machine() -> None:
    """And an IPv6 address gets its brackets."""
    assert read_settings(NOWHERE, {"HOST": "0.0.0.0"}).app_url == "http://127.0.0.1:8000"
    assert read_settings(NOWHERE, {"HOST": "::1"}).app_url == "http://[::1]:8000"


def test_the_reference_is_the_struct() -> None:
    """Name by name, with purpose, values and default; on a mismatch, the table below is what it should hold."""
    rows = [
        f"| `{each.name}` | {f'`{each.value}`' if each.value else ''} | {each.purpose} | {each.values} |"
        for each in describe(Settings())
    ]
    table = "\n".join(("| name | default | what for | values |", "| --- | --- | --- | --- |", *rows))

    assert table in REFERENCE.read_text(encoding="utf-8"), table


@given(st.dictionaries(st.sampled_from([each.name for each in describe(Settings())]), st.text(max_size=20)))
def test_any_text_is_a_setting_or_a_named_problem(variables: dict[str, str]) -> None:
    """Nothing that an operator types ends in another error."""
    outcome = settings_or_problems(variables)

    assert not problems_of(outcome) if isinstance(outcome, Settings) else outcome

"""`shop events`: what happened, read from a real Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.redis_servers import RedisServer, redis_server
from tests.unit.cli.conftest import Buy, Run, assert_discreet, complaint, decoded, inside


@pytest.fixture
def redis(folder: Path) -> Iterator[RedisServer]:
    """The shop of the folder has one."""
    with redis_server(folder) as server:
        (folder / ".env").write_text(f"REDIS_URL={server.url}\n")
        yield server


def test_events_are_printed_and_read_on(shop: Run, buy: Buy, redis: RedisServer) -> None:
    """As a table and as JSON, from a place on, and without personal data."""
    buy()
    inside(lambda opened: opened.work_off())
    table, every = shop("events").stdout, decoded(shop("events", "--limit", "100", "--json"))
    rest = decoded(shop("events", "--after", every[0]["place"], "--limit", "100", "--json"))

    assert {"order_placed", "order_paid"} <= {event["name"] for event in every}
    assert rest == every[1:]
    assert decoded(shop("events", "--limit", "1", "--json")) == every[:1]
    assert "order_paid" in table
    assert_discreet(table + str(every))


def test_nothing_has_happened_yet(shop: Run, redis: RedisServer) -> None:
    assert shop("events").stdout == "None.\n"


def test_a_place_that_is_none(shop: Run, redis: RedisServer) -> None:
    """Named, on standard error."""
    assert "after" in complaint(shop("events", "--after", "yesterday", status=1))


def test_a_shop_that_keeps_no_events_says_so(shop: Run) -> None:
    assert "REDIS_URL" in complaint(shop("events", status=1))


def test_a_redis_that_is_down_is_named(shop: Run, redis: RedisServer) -> None:
    """The command cannot do without it, and other commands can."""
    redis.kill()

    assert "Redis cannot be reached" in shop("events", status=1).stderr.splitlines()[-1]
    assert shop("jobs", "list").stdout == "None.\n"

"""`shop reports funnel`: what became of carts."""

from pathlib import Path

import pytest
from tests.redis_servers import redis_server
from tests.unit.cli.conftest import Buy, Run, complaint, decoded


def test_both_ways_of_counting_say_the_same(
    shop: Run, buy: Buy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the shop has noted, and the stream; which there is only with a Redis."""
    without = complaint(shop("reports", "funnel", "--from-stream", status=1))
    with redis_server(tmp_path) as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        buy()
        noted, counted = (decoded(shop("reports", "funnel", "--json", *flag)) for flag in ((), ("--from-stream",)))
        said = shop("reports", "funnel", "--from-stream").stdout

    figures = ("carts", "open", "orders", "paid", "conversion", "abandonment", "sales")
    assert "REDIS_URL" in without
    assert [noted[name] for name in figures] == [counted[name] for name in figures]
    assert noted["paid"] == 1
    assert "1 carts, 0 of them open, 1 orders, 1 paid" in said

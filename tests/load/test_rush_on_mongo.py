"""More buyers than units, at once, through two servers on one MongoDB."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.emptying import emptied
from tests.load.buyers import assert_agree, books, crowd, stock
from tests.load.servers import serving
from tests.load.tallies import tally

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(120)]

BUYERS = 200
UNITS = 50
PAIRS = 100
# A crowd on a small machine: whoever has to wait is to be served, and not told to come again.
PATIENT = {"WRITE_TIMEOUT_SECONDS": "20", "REQUEST_TIMEOUT_SECONDS": "60"}


@pytest.fixture
def store_url(mongo_url: str) -> Iterator[str]:
    """A database that is empty before and after."""
    yield mongo_url
    emptied(mongo_url)


async def test_two_hundred_buyers_for_fifty_units(tmp_path: Path, store_url: str) -> None:
    """Exactly fifty orders and a hundred and fifty clear refusals, through two server processes at once.

    The timeouts are those of any shop: on a small machine some are told that the store is busy, and ask again.
    """
    await stock(tmp_path, UNITS, store_url=store_url)
    with serving(tmp_path, 2, {"STORE_URL": store_url}) as servers:
        async with crowd(servers, BUYERS, at_once=10) as buyers:
            answers = await asyncio.gather(*(buyer.come_again() for buyer in buyers))
    found = await books(tmp_path, store_url=store_url)

    assert tally(answers) == {"201": UNITS, "out_of_stock": BUYERS - UNITS}
    assert {answer.status for answer in answers} == {201, 409}
    assert_agree(found, bought=UNITS, on_hand=UNITS)


async def test_the_same_checkout_twice_at_the_same_moment(tmp_path: Path, store_url: str) -> None:
    """A hundred checkouts, each sent to two servers at once: one order and charge each, equal replies byte for byte."""
    await stock(tmp_path, 1_000, store_url=store_url)
    with serving(tmp_path, 2, {"STORE_URL": store_url, **PATIENT}) as servers:
        async with crowd(servers, PAIRS) as buyers:
            answers = await asyncio.gather(*(buyer.insist(server.url) for buyer in buyers for server in servers))
    found = await books(tmp_path, store_url=store_url)
    firsts, seconds = answers[::2], answers[1::2]

    assert tally(answers) == {"201": 2 * PAIRS}
    assert [answer.content for answer in firsts] == [answer.content for answer in seconds]
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == PAIRS
    assert_agree(found, bought=PAIRS, on_hand=1_000)

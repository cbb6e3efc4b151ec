"""More buyers than units, at once, through real servers."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.load.buyers import assert_agree, books, crowd, stock
from tests.load.servers import serving, start
from tests.load.tallies import tally
from tests.load.wire import CutOff

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(120)]

BUYERS = 200
UNITS = 50


@pytest.mark.parametrize("processes", [1, 2])
async def test_two_hundred_buyers_for_fifty_units(processes: int, tmp_path: Path) -> None:
    """Exactly fifty orders and a hundred and fifty clear refusals, through one server or two on one file."""
    await stock(tmp_path, UNITS)
    with serving(tmp_path, processes) as servers:
        async with crowd(servers, BUYERS) as buyers:
            answers = await asyncio.gather(*(buyer.check_out() for buyer in buyers))
    found = await books(tmp_path)

    assert tally(answers) == {"201": UNITS, "out_of_stock": BUYERS - UNITS}
    assert {answer.status for answer in answers} == {201, 409}
    assert_agree(found, bought=UNITS, on_hand=UNITS)


async def test_the_server_is_killed_in_the_middle(tmp_path: Path) -> None:
    """After SIGKILL and a restart everybody asks again with the same key, and the sums are the same."""
    await stock(tmp_path, UNITS)
    first = start(tmp_path)
    async with crowd([first], BUYERS) as buyers:
        asked = [asyncio.ensure_future(buyer.check_out()) for buyer in buyers]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        first.kill()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        with serving(tmp_path) as (second,):
            answers = await asyncio.gather(*(buyer.insist(second.url) for buyer in buyers))
    found = await books(tmp_path, later=timedelta(seconds=40))

    assert any(isinstance(outcome, CutOff) for outcome in outcomes), "nobody was cut off: killed too late"
    assert tally(answers) == {"201": UNITS, "out_of_stock": BUYERS - UNITS}
    assert_agree(found, bought=UNITS, on_hand=UNITS)


async def test_the_same_checkout_twice_at_the_same_moment(tmp_path: Path) -> None:
    """A hundred checkouts, each sent twice at once: a hundred orders, one charge each, equal replies byte for byte."""
    pairs = 100
    await stock(tmp_path, 1_000)
    with serving(tmp_path) as (server,):
        async with crowd([server], pairs) as buyers:
            answers = await asyncio.gather(*(buyer.insist(server.url) for buyer in buyers for _ in range(2)))
    found = await books(tmp_path)
    firsts, seconds = answers[::2], answers[1::2]

    assert tally(answers) == {"201": 2 * pairs}
    assert [answer.content for answer in firsts] == [answer.content for answer in seconds]
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == pairs
    assert_agree(found, bought=pairs, on_hand=1_000)

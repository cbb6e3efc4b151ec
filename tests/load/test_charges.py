"""Money is taken once or not at all, while processes die and Stripe is at its worst.

`SHOP_TEST_CHECKOUTS=1000 SHOP_TEST_STORM_KILLS=60` is the whole proof, with `SHOP_TEST_STORM_STORE=mongo` on MongoDB.
The figures are printed.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest
from pymongo import MongoClient
from tests.load.accounts import Balance, assert_all_agree, settle
from tests.load.buyers import stock
from tests.load.customers import STORIES, Customer, Story
from tests.load.storm import Site, storm

from shopcore.testing.stripe_double import Fault

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1_800)]

CHECKOUTS = int(os.environ.get("SHOP_TEST_CHECKOUTS", "40"))
KILLS = int(os.environ.get("SHOP_TEST_STORM_KILLS", "3"))
PATIENCE = float(os.environ.get("SHOP_TEST_STORM_PATIENCE", "2"))
SEED = int(os.environ.get("SHOP_TEST_SEED", "0")) or random.randrange(1, 2**32)
AT_ONCE = max(10, CHECKOUTS // 30)
UNITS = 100_000
STORE = os.environ.get("SHOP_TEST_STORM_STORE", "sqlite")
VICTIMS = (("server",), ("worker",), ("server", "worker"))


class Visitors:
    """So many customers, some at once."""

    def __init__(self, site: Site, count: int) -> None:
        self._site = site
        self._stories = iter(enumerate(islice(cycle(STORIES), count)))
        self.done = 0
        self.placed: set[str] = set()

    async def come(self) -> None:
        """Until there are no more."""
        await asyncio.gather(*(self._one_after_the_other() for _ in range(AT_ONCE)))

    async def have_been(self, count: int) -> None:
        """Wait until so many are done."""
        while self.done < count:  # noqa: ASYNC110 - what they wait for happens in other processes
            await asyncio.sleep(0.02)

    async def _one_after_the_other(self) -> None:
        for number, story in self._stories:
            await self._live(Customer(self._site, number, PATIENCE), story)

    async def _live(self, customer: Customer, story: Story) -> None:
        try:
            await story(customer)
        finally:
            await customer.leave()
        assert customer.order is not None
        self.placed.add(customer.order["id"])
        self.done += 1


async def weathered(site: Site, chance: random.Random, *, count: int, kills: int) -> tuple[Balance, set[str]]:
    """So many customers and so many kills between them."""
    visitors = Visitors(site, count)
    coming = asyncio.ensure_future(visitors.come())
    try:
        for kill in range(1, kills + 1):
            enough = asyncio.ensure_future(visitors.have_been(count * kill // (kills + 1)))
            await asyncio.wait((coming, enough), return_when=asyncio.FIRST_COMPLETED)
            enough.cancel()
            await asyncio.sleep(chance.uniform(0.0, 0.3))  # whatever they are doing just then
            await site.kill(*VICTIMS[kill % len(VICTIMS)])
        await coming
    finally:
        coming.cancel()
    await site.end()
    return await settle(site), visitors.placed


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store of the test's own; "" is a file in its folder."""
    if STORE == "sqlite":
        yield ""
        return
    server: str = request.getfixturevalue("mongo_server")
    name = f"storm_{tmp_path.name[-40:]}"
    yield f"{server.rstrip('/')}/{name}"
    with MongoClient[dict[str, object]](server) as client:
        client.drop_database(name)


async def test_everybody_is_charged_once_or_not_at_all(tmp_path: Path, store_url: str) -> None:
    """Server and worker are killed in between; every charge has its order or its refund, and the ledger is Stripe's."""
    begun = time.monotonic()
    await stock(tmp_path, UNITS, store_url=store_url)
    async with storm(tmp_path, random.Random(SEED), store_url=store_url) as site:
        found, placed = await weathered(site, random.Random(SEED), count=CHECKOUTS, kills=KILLS)
    struck = {fault.value: count for fault, count in sorted(site.double.faults.struck.items())}
    print(  # noqa: T201 - the figures that one wants to see
        f"seed {SEED}: {found}; {site.kills} processes killed, faults {struck}, {time.monotonic() - begun:.0f} s",
        file=sys.stderr,
    )

    assert len(placed) == CHECKOUTS
    assert found.refused, "Stripe was asked for no refund while its balance was empty"
    assert any(sale.taken > sale.order.totals.total.amount for sale in found.sales), "nobody paid more"
    assert_all_agree(found, placed=placed, stocked=UNITS)


PLANTED = """
import sys
sys.path.insert(0, {root!r})
from shopcore.adapters.stripe import gateway
from tests.contracts.stripe_party import KeysPerCall
gateway.StripeGateway = KeysPerCall
"""


async def test_keys_that_change_with_every_call_are_noticed(tmp_path: Path) -> None:
    """The planted bug, as of a key that is made of the time: with answers that get lost, somebody is charged twice."""
    chance = random.Random(SEED)
    await stock(tmp_path, UNITS)
    before = PLANTED.format(root=str(Path(__file__).parents[2]))
    async with storm(tmp_path, chance, share=0.0, before=before) as site:
        site.double.webhooks.lost = {"payment_intent.succeeded"}  # else the shop hears of it, and does not ask again
        site.double.faults.plan(Fault.DROP_ANSWER, "POST /v1/payment_intents/.*/confirm", times=12)
        found, placed = await weathered(site, chance, count=4, kills=0)

    with pytest.raises(AssertionError, match="charged twice"):
        assert_all_agree(found, placed=placed, stocked=UNITS)

"""A primary that is gone: everybody hears so in time, nothing is half done, and it ends by itself."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import partial

import pytest
from tests.mongod import initiate, started

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.mongo.breaker import THRESHOLD
from shopcore.adapters.mongo.carts import MongoCarts
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.cart.errors import CartNotFound
from shopcore.cart.model import add_item, quantity_of
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import CartId, VariantId
from shopcore.kernel.stores import StoreUndecided
from shopcore.testing.contracts.sales_samples import a_cart, a_token_hash

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets")]

DEADLINE = 0.5
ONE_MORE = partial(add_item, variant_id=VariantId("shirt"), quantity=1)


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A replica set of one that a test may stop."""
    with started("--replSet", "shop", "--oplogSize", "64") as (process, port):
        initiate(port)
        yield process, f"mongodb://127.0.0.1:{port}/shop"


async def test_a_primary_that_hangs_is_not_waited_for_and_is_found_again(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    """Its callers are told within the deadline, the later ones at once; then the store goes on where it was."""
    process, url = server
    database = await MongoDatabase.open(url, chance=lambda: 0.5, wait_seconds=DEADLINE)
    carts, unit_of_work = MongoCarts(database, AesGcmSealer(new_key_ring())), MongoUnitOfWork(database)
    await carts.add(a_cart("mine"), a_token_hash("mine"))

    async def unit(number: int) -> None:
        async def work() -> None:
            await carts.add(a_cart(f"cart {number}"), a_token_hash(f"cart {number}"))
            await carts.update(CartId("mine"), ONE_MORE)

        await unit_of_work(work)

    process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    told = await asyncio.gather(*map(unit, range(THRESHOLD + 5)), return_exceptions=True)
    taken = time.monotonic() - begun
    begun = time.monotonic()
    with pytest.raises(Unavailable) as at_once:
        await carts.get(CartId("mine"))
    refused_after = time.monotonic() - begun
    process.send_signal(signal.SIGCONT)

    assert all(isinstance(each, Unavailable) and each.retry_after for each in told)
    assert not any(isinstance(each, StoreUndecided) for each in told)
    assert taken < DEADLINE + 1
    assert refused_after < DEADLINE / 2
    assert at_once.value.retry_after is not None
    async with asyncio.timeout(20):
        while not await answers(carts):  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0)
        await unit(100)
    assert quantity_of(await carts.get(CartId("mine")), VariantId("shirt")) == 1
    for number in range(THRESHOLD + 5):
        with pytest.raises(CartNotFound):
            await carts.get(CartId(f"cart {number}"))
    await database.close()


async def test_a_primary_that_dies_within_a_unit_leaves_nothing_undecided(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    """Nothing was committed yet, so the answer is that nothing was kept; in time."""
    process, url = server
    database = await MongoDatabase.open(url, chance=lambda: 0.5, wait_seconds=DEADLINE)
    carts = MongoCarts(database, AesGcmSealer(new_key_ring()))

    async def work() -> None:
        await carts.add(a_cart("mine"), a_token_hash("mine"))
        process.kill()
        process.wait(10)
        await carts.get(CartId("mine"))

    begun = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        await MongoUnitOfWork(database)(work)

    assert not isinstance(raised.value, StoreUndecided)
    assert time.monotonic() - begun < DEADLINE + 2
    await database.close()


async def answers(carts: MongoCarts) -> bool:
    try:
        await carts.get(CartId("mine"))
    except Unavailable:
        return False
    return True

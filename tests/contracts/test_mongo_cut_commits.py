"""The connection is lost after a write was sent and before its answer came: nobody knows whether it was applied."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.contracts.stores import mongo_database
from tests.proxies import CuttingProxy, cutting_proxy
from tests.stories import Story, assert_one_purchase, opened

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.mongo.carts import MongoCarts
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.schema.identity import SESSIONS
from shopcore.adapters.mongo.sessions import MongoSessions
from shopcore.adapters.mongo.units import Session
from shopcore.cart.model import add_item, quantity_of
from shopcore.checkout.model import CheckedOut, Reply
from shopcore.kernel.actor import Guest
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import CartId, Sku, VariantId
from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable
from shopcore.testing.contracts.identity_samples import a_session
from shopcore.testing.contracts.levels import stock
from shopcore.testing.contracts.sales_samples import a_cart, a_token_hash

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets")]
COMMIT = b"commitTransaction"
A = Sku("A")
SEALER = AesGcmSealer(new_key_ring())
ONE_MORE = partial(add_item, variant_id=VariantId("shirt"), quantity=1)


@pytest.fixture
async def proxy(mongo_server: str) -> AsyncIterator[CuttingProxy]:
    async with cutting_proxy(urlsplit(mongo_server).port or 27017) as between:
        yield between


@pytest.fixture
def url(proxy: CuttingProxy, mongo_url: str) -> str:
    """The test's database, by way of the proxy alone."""
    return f"mongodb://127.0.0.1:{proxy.port}{urlsplit(mongo_url).path}?directConnection=true"


def once(proxy: CuttingProxy, number: int = 1) -> None:
    """Cut the commit of that number, and no other."""
    seen = 0

    def cuts(piece: bytes) -> bool:
        nonlocal seen
        seen += COMMIT in piece
        return COMMIT in piece and seen == number

    proxy.cuts = cuts


async def test_a_commit_that_was_cut_is_asked_for_again(proxy: CuttingProxy, url: str) -> None:
    """And was applied once."""
    async with mongo_database(url) as database:
        once(proxy)
        await MongoUnitOfWork(database)(lambda: stock(MongoLevels(database), A, 7))

        assert proxy.cut == 1
        assert (await MongoLevels(database).find([A]))[A].on_hand == 7
        assert len((await MongoLevels(database).movements(A, None, 10)).items) == 1


async def test_where_nobody_can_be_asked_it_is_said_that_nobody_knows(proxy: CuttingProxy, url: str) -> None:
    """In time, and what was sent is there in the end, once."""
    async with mongo_database(url) as clean:
        database = await MongoDatabase.open(url, chance=lambda: 0.5, wait_seconds=1.0)
        proxy.cuts = lambda piece: COMMIT in piece and _shut(proxy)
        with pytest.raises(StoreUndecided):
            await MongoUnitOfWork(database)(lambda: stock(MongoLevels(database), A, 7))
        proxy.is_shut, proxy.cuts = False, lambda _: False
        await database.close()

        assert proxy.cut == 1
        assert len((await MongoLevels(clean).movements(A, None, 10)).items) == 1


async def _added(database: MongoDatabase) -> None:
    await MongoSessions(database, SEALER).add(a_session("s1"))


async def _changed(database: MongoDatabase) -> None:
    await MongoCarts(database, SEALER).update(CartId("mine"), ONE_MORE)


ALONE: dict[bytes, Callable[[MongoDatabase], Awaitable[None]]] = {b"insert": _added, b"update": _changed}


@pytest.mark.parametrize("word", ALONE, ids=["one statement", "read and written back"])
@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "not sent"])
async def test_a_write_outside_of_a_transaction_whose_answer_was_lost_is_not_said_to_be_nothing(
    proxy: CuttingProxy, url: str, mongo_url: str, word: bytes, is_sent: bool
) -> None:
    """It may be there, and as a rule is. What never went out is said to be nothing."""
    async with mongo_database(mongo_url) as clean:
        carts = MongoCarts(clean, SEALER)
        await carts.add(a_cart("mine"), a_token_hash("mine"))
        database = await MongoDatabase.open(url, chance=lambda: 0.5, wait_seconds=1.0)
        proxy.cuts = lambda piece: word in piece and _shut(proxy)
        if not is_sent:
            _shut(proxy)
            proxy.close()
            with pytest.raises(StoreUnreachable):  # from now on the driver has no connection that it could try
                await database.ping()
        with pytest.raises(StoreUndecided if is_sent else StoreUnreachable):
            await ALONE[word](database)
        proxy.is_shut, proxy.cuts = False, lambda _: False
        await database.close()

        there = await clean.collection(SESSIONS).count_documents({})
        assert proxy.cut == is_sent
        assert there + quantity_of(await carts.get(CartId("mine")), VariantId("shirt")) == is_sent


async def test_who_only_waited_for_others_is_told_that_nothing_was_written(mongo_url: str) -> None:
    """A guard that found nothing to write has written nothing, however often."""
    async with mongo_database(mongo_url) as database:
        impatient = await MongoDatabase.open(mongo_url, chance=lambda: 0.5, wait_seconds=1.0)
        sessions, tries = impatient.collection(SESSIONS), 0

        async def step(session: Session) -> None:
            nonlocal tries
            tries += 1
            if tries == 1:  # later ones may be cut short by the deadline, and of these nobody would know
                await sessions.update_one({"_id": "nobody"}, {"$set": {"version": 1}}, session=session)
            raise TryAgain

        with pytest.raises(StoreBusy):
            await impatient.guarded(SESSIONS, "nobody", step)
        await impatient.close()
        assert tries > 1
        assert await database.collection(SESSIONS).count_documents({}) == 0


def _shut(proxy: CuttingProxy) -> bool:
    proxy.is_shut = True
    return True


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("is_shut", [False, True], ids=["asked again", "left open"])
async def test_a_checkout_whose_commit_was_cut_is_one_purchase(
    proxy: CuttingProxy, url: str, tmp_path: Path, number: int, is_shut: bool
) -> None:
    """Whichever of its two commits it was: who asks again with the same key has one order, charged once."""
    async with opened(tmp_path, store_url=url, write_timeout_seconds=1.0) as story:
        await story.sell()
        guest = await story.cart()
        once(proxy, number)
        plain = proxy.cuts
        proxy.cuts = lambda piece: plain(piece) and (not is_shut or _shut(proxy))
        reply = await _until_answered(story, guest, proxy)
        proxy.cuts = lambda _: False
        bought = story.bought(reply)
        await story.settles()

        assert proxy.cut == 1
        await assert_one_purchase(story, bought)


async def _until_answered(story: Story, guest: Guest, proxy: CuttingProxy) -> Reply:
    for _ in range(20):
        try:
            reply = await story.reply(guest, "ok")
        except Unavailable:
            proxy.is_shut = False
            await story.passes(10)
        else:
            assert isinstance(reply.outcome, CheckedOut)
            return reply
    raise AssertionError("no answer")

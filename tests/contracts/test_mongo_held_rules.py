"""The rules of shipping and tax are asked for by every cart that is priced, and held for a moment on MongoDB."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from tests.contracts.stores import mongo_database

from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.held_rules import HELD_FOR, HeldRules
from shopcore.adapters.mongo.pricing_rules import MongoPriceRules, MongoTaxRates
from shopcore.pricing.model import PricingRules, TaxRate
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.pricing_rules import VAT
from shopcore.testing.contracts.samples import Refused

pytestmark = pytest.mark.anyio

DEARER = msgspec.structs.replace(VAT, millionths=250_000)


class Process:
    """What one process has: its own connection, and what it holds."""

    def __init__(self, database: MongoDatabase, clock: ManualClock) -> None:
        held = HeldRules(database, clock)
        self.database = database
        self.unit_of_work = MongoUnitOfWork(database)
        self.rates, self.rules = MongoTaxRates(database, held), MongoPriceRules(database, held)

    async def taxes(self) -> tuple[TaxRate, ...]:
        return tuple((await self.rules.everything()).tax_rates)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def ours(mongo_url: str, clock: ManualClock) -> AsyncIterator[Process]:
    async with mongo_database(mongo_url) as database:
        yield Process(database, clock)


@pytest.fixture
async def theirs(mongo_url: str, clock: ManualClock) -> AsyncIterator[Process]:
    async with mongo_database(mongo_url) as database:
        yield Process(database, clock)


async def test_what_another_process_changes_counts_within_a_second(
    ours: Process, theirs: Process, clock: ManualClock
) -> None:
    """And until then what was read is not read again."""
    assert await ours.taxes() == ()
    await theirs.rates.put(VAT)
    at_once = await ours.taxes()
    await clock.advance(HELD_FOR.total_seconds())

    assert (at_once, await ours.taxes()) == ((), (VAT,))


async def test_what_this_process_changes_counts_at_once(ours: Process) -> None:
    """Also what a unit has changed, as soon as it is over, and what was taken away."""
    assert await ours.taxes() == ()
    await ours.rates.put(VAT)
    assert await ours.taxes() == (VAT,)
    await ours.unit_of_work(lambda: ours.rates.put(DEARER))
    assert await ours.taxes() == (DEARER,)
    await ours.rates.remove(VAT.id)

    assert await ours.taxes() == ()


async def test_a_unit_sees_its_own_writes_and_nobody_else_does(ours: Process) -> None:
    """Not while it runs, and not once it is undone."""
    beside = list[tuple[TaxRate, ...]]()

    async def work() -> None:
        await ours.rates.put(VAT)
        assert await ours.taxes() == (VAT,)
        raise Refused

    async def look() -> None:
        beside.append(await ours.taxes())

    await look()
    with pytest.raises(Refused):
        await ours.unit_of_work(work)
    await look()
    assert beside == [(), ()]


async def test_an_answer_from_before_a_change_is_not_held(ours: Process) -> None:
    """It was asked for before, and came after."""
    held, answer = HeldRules(ours.database, ManualClock()), asyncio.get_running_loop().create_future()
    old, new = (
        PricingRules(shipping_methods=(), tax_rates=(VAT,)),
        PricingRules(shipping_methods=(), tax_rates=(DEARER,)),
    )

    async def late() -> PricingRules:
        told: PricingRules = await answer
        return told

    async def now() -> PricingRules:
        return new

    asking = asyncio.create_task(held.get(late))
    await asyncio.sleep(0)
    with held.changing():
        pass
    answer.set_result(old)

    assert await asking == old
    assert await held.get(now) == new


async def test_while_one_asks_the_others_go_on_with_what_there_is(ours: Process, clock: ManualClock) -> None:
    """One question for all of them, as long as what there is is not a second old."""
    held, answer = HeldRules(ours.database, clock), asyncio.get_running_loop().create_future()
    old, new = (
        PricingRules(shipping_methods=(), tax_rates=(VAT,)),
        PricingRules(shipping_methods=(), tax_rates=(DEARER,)),
    )
    asked = list[PricingRules]()

    async def at_once() -> PricingRules:
        return old

    async def late() -> PricingRules:
        asked.append(await answer)
        return asked[-1]

    await held.get(at_once)
    await clock.advance(0.75 * HELD_FOR.total_seconds())
    asking = asyncio.create_task(held.get(late))
    await asyncio.sleep(0)
    meanwhile = [await held.get(late) for _ in range(10)]
    answer.set_result(new)

    assert (meanwhile, await asking, asked) == ([old] * 10, new, [new])

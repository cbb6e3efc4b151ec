"""The balances of gateways go on from where the ledger was summed up last, on each store."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.reconciliation.conftest import AtStripe

from shopcore.kernel.actor import System
from shopcore.payments.model import EVER, Balances, balances_of

pytestmark = pytest.mark.anyio

A_DAY = 24 * 3600.0


async def balances(at_stripe: AtStripe) -> Balances:
    """As they are reported, which is what the sum over all entries comes to."""
    ledger = at_stripe.story.place.store.ledger
    said = await at_stripe.story.staff.books.balances()
    assert said == balances_of(await ledger.totals(EVER, said.until), said.until)
    return said


async def test_balances_are_the_sum_of_all_entries_also_of_those_that_come_late(at_stripe: AtStripe) -> None:
    """Fees of a week ago, known only once the gateway is compared, and twice at the same moment."""
    story = at_stripe.story
    sum_up = story.shop._cases.reconciliations.sum_up
    await at_stripe.buys()
    await story.clock.advance(7 * A_DAY)
    summed = await sum_up(System(kind="sum_up_ledger"))
    await at_stripe.buys()
    await story.clock.advance(3_600)
    before = await balances(at_stripe)
    compare = story.staff.reconciliations.reconcile
    runs = [await story.staff.reconciliations.request(window=timedelta(days=10)) for _ in range(2)]
    await asyncio.gather(*(compare(run_id=run.id) for run in runs))
    after = await balances(at_stripe)
    await story.clock.advance(7 * A_DAY)
    again = await sum_up(System(kind="sum_up_ledger"))

    assert len(summed.totals) == 4
    assert (before.gateways[0].fees.amount, after.gateways[0].fees.amount > 0) == (0, True)
    assert again.until > summed.until
    assert (await balances(at_stripe)).gateways == after.gateways
    standing = await story.place.store.reconciliations.standing()
    assert standing.summed == again


async def test_balances_of_before_the_sums_are_of_that_time(at_stripe: AtStripe) -> None:
    """From the entries, as ever."""
    story = at_stripe.story
    until = story.clock.now()
    await story.clock.advance(60)
    await at_stripe.buys()
    await story.clock.advance(9 * A_DAY)
    await story.shop._cases.reconciliations.sum_up(System(kind="sum_up_ledger"))

    assert (await story.staff.books.balances(until=until)).accounts == ()

"""The balances of gateways go on from where the ledger was summed up last, on each store."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextvars import Context
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from tests.unit.reconciliation.conftest import AtStripe

from shopcore.kernel.actor import System
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.payments.model import (
    EVER,
    SETTLED,
    Account,
    Apart,
    Balances,
    JournalEntry,
    Total,
    balances_of,
    entry,
    merged,
    replace_sums,
    with_late,
)
from shopcore.payments.ports import Ledger
from shopcore.shop import owner

pytestmark = pytest.mark.anyio

A_DAY = 24 * 3600.0


async def balances(at_stripe: AtStripe) -> Balances:
    """As they are reported, which is what the sum over all entries comes to."""
    ledger = at_stripe.story.place.store.ledger
    said = await at_stripe.story.staff.books.balances()
    assert said == balances_of(merged(await ledger.totals(EVER, said.until)), said.until)
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


async def late_fee(at_stripe: AtStripe, key: str, *, is_told: bool) -> JournalEntry:
    """One of a week ago is posted now; who does not tell the sums is a server of a version before them."""
    store, at = at_stripe.story.place.store, at_stripe.story.clock.now() - timedelta(days=6)
    sides = [(Account.FEE, Money(30, "USD")), (Account.CLEARING, Money(-30, "USD"))]
    fee = entry(key, at, OrderId(key), None, sides, "stripe")

    async def work() -> None:
        await store.ledger.post(fee)
        if is_told:
            standing = await store.reconciliations.standing()
            await store.reconciliations.put_standing(replace_sums(standing, with_late(standing.summed, [fee])))

    await store.unit_of_work(work)
    return fee


async def a_summed_shop(at_stripe: AtStripe) -> None:
    """Somebody bought tea ten days ago."""
    await at_stripe.buys()
    await at_stripe.story.clock.advance(10 * A_DAY)
    await at_stripe.story.shop._cases.reconciliations.sum_up(System(kind="sum_up_ledger"))


async def test_sums_that_somebody_has_posted_beside_are_found_and_taken_anew(at_stripe: AtStripe) -> None:
    """Where they differ and by how much is told, nothing is changed until it is asked for, and the log has it."""
    story = at_stripe.story
    await a_summed_shop(at_stripe)
    check = story.staff.books.check_sums
    at_first = await check()
    await late_fee(at_stripe, "fee/late", is_told=True)
    in_step = await check()
    await late_fee(at_stripe, "fee/untold", is_told=False)
    found = await check(mend=True)
    (logged,) = [one for one in (await story.staff.audit.list()).items if one.action == "ledger.sum_anew"]

    assert (at_first.apart, in_step.apart) == ((), ())
    assert [(one.account, one.gateway, one.says.amount, one.booked.amount) for one in found.apart] == [
        ("clearing", "stripe", *_clearing(found.apart[0])),
        ("fee", "stripe", 30, 60),
    ]
    assert (logged.before["fee/stripe/USD"], logged.after["fee/stripe/USD"]) == ("0.30 USD", "0.60 USD")
    assert (await check()).apart == ()
    assert (await balances(at_stripe)).gateways[0].fees == Money(60, "USD")


def _clearing(one: Apart) -> tuple[int, int]:
    return one.booked.amount + 30, one.booked.amount


async def test_a_check_without_mend_changes_nothing(at_stripe: AtStripe) -> None:
    await a_summed_shop(at_stripe)
    await late_fee(at_stripe, "fee/untold", is_told=False)
    reconciliations, check = at_stripe.story.place.store.reconciliations, at_stripe.story.staff.books.check_sums
    before = await reconciliations.standing()

    assert len((await check()).apart) == 2
    assert await reconciliations.standing() == before


class Meanwhile:
    """A ledger in which somebody else does something each time that it has been summed up."""

    def __init__(self, ledger: Ledger, act: Callable[[], Awaitable[object]]) -> None:
        self._ledger = ledger
        self._act = act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def totals(self, since: datetime, until: datetime, *, fresh: bool = False) -> Sequence[Total]:
        found = await self._ledger.totals(since, until, fresh=fresh)
        await asyncio.create_task(self._alone(), context=Context())
        return found

    async def _alone(self) -> None:
        await self._act()


async def test_whoever_posts_while_the_ledger_is_summed_up_does_not_wait_and_is_counted(at_stripe: AtStripe) -> None:
    """What was summed up without a late fee is not kept; no writer waits for a sum."""
    story, count = at_stripe.story, iter(range(1_000))
    await a_summed_shop(at_stripe)
    await story.clock.advance(3 * A_DAY)

    async def act() -> None:
        if (number := next(count)) < 3:
            await late_fee(at_stripe, f"fee/{number}", is_told=True)

    sum_up = story.shop._cases.reconciliations.sum_up
    ledger = cast("Ledger", Meanwhile(sum_up.ledger, act))
    summed = await replace(sum_up, ledger=ledger)(System(kind="sum_up_ledger"))

    assert next(count) > 3
    assert summed.late == 3
    assert (await balances(at_stripe)).gateways[0].fees == Money(90, "USD")
    assert (await story.staff.books.check_sums()).apart == ()


async def test_time_goes_on_while_the_ledger_is_summed_up_and_it_ends(at_stripe: AtStripe) -> None:
    """What becomes old enough meanwhile waits for the next hour: else there is a span of microseconds after each."""
    story, looks = at_stripe.story, 0
    await a_summed_shop(at_stripe)
    await story.clock.advance(A_DAY / 2)

    async def act() -> None:
        nonlocal looks
        looks += 1
        await story.clock.advance(0.001)

    sum_up = story.shop._cases.reconciliations.sum_up
    began = story.clock.now()
    ledger = cast("Ledger", Meanwhile(sum_up.ledger, act))
    summed = await replace(sum_up, ledger=ledger)(System(kind="sum_up_ledger"))

    assert summed.until == began - SETTLED
    assert looks < 20


async def test_sums_that_change_while_they_are_taken_anew_are_taken_once_more(at_stripe: AtStripe) -> None:
    """Nothing that is posted meanwhile is lost, nor told as a difference."""
    story, count = at_stripe.story, iter(range(1_000))
    await a_summed_shop(at_stripe)
    await late_fee(at_stripe, "fee/untold", is_told=False)

    async def act() -> None:
        if (number := next(count)) == 0:
            await late_fee(at_stripe, f"fee/{number}", is_told=True)

    check = story.shop._cases.books.check_sums
    found = await replace(check, ledger=cast("Ledger", Meanwhile(check.ledger, act)))(owner(), mend=True)

    assert [(one.says.amount, one.booked.amount) for one in found.apart if one.account == "fee"] == [(30, 60)]
    assert (await story.staff.books.check_sums()).apart == ()


class Counting:
    """A ledger that notes how many keys are asked for, and how many entries are posted, at once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.asked: list[int] = []
        self.posted_at_once: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def entries_of(self, *order_ids: OrderId) -> Sequence[JournalEntry]:
        self.asked.append(len(order_ids))
        return await self._ledger.entries_of(*order_ids)

    async def posted(self, entries: Collection[JournalEntry]) -> frozenset[str]:
        self.asked.append(len(entries))
        return await self._ledger.posted(entries)

    async def post(self, *entries: JournalEntry) -> None:
        self.posted_at_once.append(len(entries))
        await self._ledger.post(*entries)


async def test_fees_of_long_ago_are_looked_up_and_posted_together(at_stripe: AtStripe) -> None:
    """A store far away has the time for the transaction: none has statements of its own."""
    story = at_stripe.story
    for _ in range(12):
        await at_stripe.buys()
    await story.clock.advance(7 * A_DAY)
    reconcile = story.shop._cases.reconciliations.reconcile
    counting = Counting(reconcile.advance.ledger)
    run = await story.staff.reconciliations.request(window=timedelta(days=10))
    advance = replace(reconcile.advance, ledger=cast("Ledger", counting))
    await replace(reconcile, advance=advance)(owner(), run_id=run.id)

    assert counting.posted_at_once == [12]
    assert counting.asked == [12]
    assert (await balances(at_stripe)).gateways[0].fees.amount > 0


async def test_what_comes_to_nothing_is_reported_alike_before_and_after_it_is_summed_up(at_stripe: AtStripe) -> None:
    """A gateway that has given back all that it took, and kept nothing."""
    story, store = at_stripe.story, at_stripe.story.place.store
    for key, cents in (("paid/one", 500), ("refund/one", -500)):
        sides = [(Account.CLEARING, Money(cents, "EUR")), (Account.RECEIVABLE, Money(-cents, "EUR"))]
        await store.unit_of_work(
            partial(store.ledger.post, entry(key, story.clock.now(), OrderId("one"), None, sides, "manual"))
        )
    await at_stripe.buys()
    await story.clock.advance(60)
    before = await story.staff.books.balances()
    await story.clock.advance(9 * A_DAY)
    unsummed = await story.staff.books.balances()
    await story.shop._cases.reconciliations.sum_up(System(kind="sum_up_ledger"))
    after = await story.staff.books.balances()
    of_then = await story.staff.books.balances(until=before.until)

    assert [one.gateway for one in before.gateways] == ["stripe"]
    assert (before.gateways, before.accounts) == (unsummed.gateways, unsummed.accounts)
    assert (before.gateways, before.accounts) == (after.gateways, after.accounts)
    assert of_then == before

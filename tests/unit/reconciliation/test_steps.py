"""A reconciliation goes by spans that are bounded, in jobs that hand on to each other, however much there is."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import msgspec
import pytest
from tests.banks import Bank
from tests.crashes import Fuse
from tests.unit.reconciliation.conftest import AtStripe
from tests.unit.reconciliation.test_differences import kinds

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.payments.errors import GatewayUnavailable
from shopcore.payments.model import (
    LONGEST_WINDOW,
    MOST_AT_ONCE,
    Account,
    JournalEntry,
    Kind,
    Movement,
    MovementKind,
    Payment,
    entry,
)
from shopcore.shop import owner

pytestmark = pytest.mark.anyio

CHARGES = 2_000


@dataclass
class Busy(Bank):
    """A gateway that has moved a lot, most of it within minutes; it does not get as far as `tires_at`."""

    moved: list[Movement] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    tires_at: datetime | None = None

    async def _listed(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        self.lists.append(0)
        for one in self.moved:
            if since <= one.at < until:
                if self.tires_at is not None and one.at >= self.tires_at:
                    raise GatewayUnavailable(self.name)
                self.lists[-1] += 1
                yield one

    def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        return self._listed(since, until)

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        return [one for one in self.moved if one.payment_id == payment.id]


def charge(number: int, at: datetime) -> Movement:
    """One of them."""
    return Movement(
        id=f"txn-{number}",
        kind=MovementKind.CHARGE,
        amount=Money(100, "USD"),
        fee=Money(3, "USD"),
        at=at,
        charge=f"ch-{number}",
        subject=f"ch-{number}",
        payment_id=PaymentId(f"p-{number}"),
        attempt=1,
    )


def posted(one: Movement) -> JournalEntry:
    """Its entry, some seconds later."""
    money = one.amount
    postings = [(Account.CLEARING, money), (Account.RECEIVABLE, -money)]
    order_id = OrderId(f"order of {one.payment_id}")
    at = one.at + timedelta(seconds=3)
    return entry(f"paid/{one.payment_id}", at, order_id, one.payment_id, postings, "stripe")


async def busy(at_stripe: AtStripe, charges: int = CHARGES) -> Busy:
    """A shop whose books have all that its gateway has moved, but one."""
    noon = at_stripe.story.clock.now()
    moved = [charge(number, noon + timedelta(milliseconds=100 * number)) for number in range(charges)]
    entries = [posted(one) for one in moved[1:]]
    store = at_stripe.story.place.store
    for start in range(0, len(entries), 500):
        await store.unit_of_work(partial(store.ledger.post, *entries[start : start + 500]))
    gateway = Busy(at_stripe.party.gateway(), moved=moved)
    at_stripe.story.with_gateway(gateway)
    await at_stripe.story.clock.advance(3_600)
    return gateway


async def test_a_thousand_at_once_and_no_more(in_memory: AtStripe) -> None:
    """What is too much is taken in smaller spans. Each is counted once, its fee posted once, and nothing is missed."""
    gateway = await busy(in_memory)
    run = await in_memory.story.staff.reconciliations.reconcile()
    again = await in_memory.story.staff.reconciliations.reconcile()

    assert max(gateway.lists) <= MOST_AT_ONCE + 1
    assert run.compared == again.compared == CHARGES
    assert (run.fees, again.fees) == ((Money(3 * (CHARGES - 1), "USD"),), ())
    assert kinds(run) == kinds(again) == [Kind.FOREIGN]
    assert await in_memory.story.balance(Account.FEE) == 3 * (CHARGES - 1)


@pytest.mark.parametrize("minutes", [0.1, 3, 90], ids=["seconds", "minutes", "hours"])
@pytest.mark.parametrize("late", [1, 4_000], ids=["at once", "late"])
async def test_a_second_charge_is_found_however_long_after(at_stripe: AtStripe, minutes: float, late: float) -> None:
    """Of one attempt, at whatever distance from the first one and from its entry, in whatever span each is."""
    noon = at_stripe.story.clock.now()
    once = charge(1, noon)
    twice = msgspec.structs.replace(once, id="twice", charge="other", at=noon + timedelta(minutes=minutes))
    bought = await at_stripe.buys()
    payment = await bought.payment()
    once, twice = [msgspec.structs.replace(each, payment_id=payment.id) for each in (once, twice)]
    own = posted(once)
    keyed = msgspec.structs.replace(own, key=f"paid/{payment.id}/1", at=noon + timedelta(seconds=late))
    store = at_stripe.story.place.store
    await store.unit_of_work(lambda: store.ledger.post(keyed))
    at_stripe.story.with_gateway(Busy(at_stripe.party.gateway(), moved=[once, twice]))
    await at_stripe.story.clock.advance(8 * 3_600)
    run = await at_stripe.story.staff.reconciliations.reconcile()

    assert Kind.DUPLICATE in kinds(run)


async def test_jobs_hand_on_to_each_other(in_memory: AtStripe) -> None:
    """Each does a few spans, and writes down how far it has come: the last one finishes it."""
    await busy(in_memory)
    acts, steps = in_memory.story.staff.reconciliations, 1
    first = await acts.request(window=timedelta(days=3))
    run = await acts.reconcile(run_id=first.id, in_steps=True)
    halfway = (run.finished_at, run.compared)
    while run.finished_at is None:
        run, steps = await acts.reconcile(run_id=first.id, in_steps=True), steps + 1
    await in_memory.story.passes(60)

    assert halfway[0] is None
    assert 0 < halfway[1] < CHARGES
    assert steps > 1
    assert run.compared == CHARGES
    assert await acts.show(run_id=first.id) == run
    assert not await in_memory.story.jobs("dead")


async def test_who_stood_still_does_not_begin_anew_what_another_has_finished(in_memory: AtStripe) -> None:
    """At the moment of handing on, beyond its lease: the run stays finished, and no job is left to make it again."""
    story, window = in_memory.story, LONGEST_WINDOW
    acts = story.staff.reconciliations
    measured, measuring = await acts.request(window=window), Fuse()
    handed_on = await story.reopen(measuring).as_(owner()).reconciliations.reconcile(run_id=measured.id, in_steps=True)
    await acts.reconcile(run_id=measured.id)
    run, standing_still, other = await acts.request(window=window), Fuse(), story.reopen()

    async def meanwhile() -> None:
        await other.as_(owner()).reconciliations.reconcile(run_id=run.id)

    standing_still.at(len(measuring.names) - 1, meanwhile)
    stood = story.reopen(standing_still)
    jobs = await story.jobs("waiting")
    late = await stood.as_(owner()).reconciliations.reconcile(run_id=run.id, in_steps=True)

    assert handed_on.finished_at is None
    assert standing_still.names[-2:] == measuring.names[-2:]
    assert late.finished_at is not None
    assert await acts.show(run_id=run.id) == late
    assert await story.jobs("waiting") == jobs


async def test_the_worker_makes_all_of_it(in_memory: AtStripe) -> None:
    """Also one that was asked for by nobody, and what a crash has left behind half made is gone on with."""
    await busy(in_memory)
    store = in_memory.story.place.store
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind="reconcile_payments", payload={})))
    for _ in range(30):
        await in_memory.story.passes(60)
    (run,) = (await in_memory.story.staff.reconciliations.list(limit=1)).items

    assert run.finished_at is not None
    assert run.compared == CHARGES


async def test_what_broke_off_is_gone_on_with_where_it_was(in_memory: AtStripe) -> None:
    """The gateway goes silent in the middle; days later the next one begins there, not at its usual three days."""
    gateway = await busy(in_memory)
    gateway.tires_at = gateway.moved[CHARGES * 3 // 4].at
    broken = await in_memory.story.staff.reconciliations.reconcile()
    gateway.tires_at = None
    await in_memory.story.clock.advance(timedelta(days=20).total_seconds())
    after = await in_memory.story.staff.reconciliations.reconcile()

    assert broken.unreached == ("stripe",)
    assert 0 < broken.compared < CHARGES
    assert after.since == broken.reached[0].until
    assert broken.compared + after.compared == CHARGES, "of what is told once nothing is looked for again"
    assert (kinds(broken), kinds(after)) == ([Kind.FOREIGN], [])

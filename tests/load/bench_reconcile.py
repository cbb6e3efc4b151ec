"""How a reconciliation of many movements goes: `bench reconcile 100000`.

Stripe's own client asks the double over loopback, which answers each call after a tenth of a second. Most movements are
charges; one in fifty is a refund that somebody made at Stripe, one in a thousand a dispute, each of a charge of a day
before, so that Stripe is asked whose it is. The books have an entry for each, but for a hundred charges of payments of
the shop, which it is to find and to have mended: each is looked for at Stripe too. Shown is how many jobs it took, how
long the longest was (a job may take 25 seconds), and by how much the process grew, in which the double is too.
"""

import asyncio
import resource
import sys
import tempfile
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tests.contracts.stripe_party import a_stripe
from tests.mongod import replica_set
from tests.stories import Story, opened

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.model import Account, JournalEntry, Payment, PaymentState, Reconciliation, entry
from shopcore.testing.stripe_double import StripeDouble

MOVEMENTS = 100_000
MISSING = 100
ONE_IN_REFUNDED, ONE_IN_DISPUTED = 50, 1_000
PRICE = Money(2_000, "USD")
DAYS = 3
ANSWERS_IN = 0.1  # seconds
_AT_ONCE = 200


def main() -> None:
    """On each store."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MOVEMENTS
    for store in sys.argv[2:] or ["sqlite", "mongo"]:
        asyncio.run(_on(store, count))


async def _on(store: str, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if store == "sqlite":
            await _measure(Path(folder), count, {"store_url": f"sqlite:///{folder}/shop.db"})
            return
        with replica_set() as url:
            await _measure(Path(folder), count, {"store_url": f"{url}shop", "write_timeout_seconds": 10.0})


async def _measure(folder: Path, count: int, settings: dict[str, Any]) -> None:
    async with a_stripe() as party, opened(folder, **settings) as story:
        party.clock, party.double.account.now = story.clock, story.clock.now
        story.with_gateway(party.gateway())
        await _fill(story, party.double, count)
        await story.clock.advance(3_600)
        party.double.faults.latency_seconds = ANSWERS_IN
        before, began, longest, jobs = _grown(), time.monotonic(), 0.0, 0
        acts = story.staff.reconciliations
        run = await acts.request(window=timedelta(days=DAYS + 1))
        while run.finished_at is None:
            start = time.monotonic()
            run = await acts.reconcile(run_id=run.id, in_steps=True)
            longest, jobs = max(longest, time.monotonic() - start), jobs + 1
        _print(settings["store_url"], run, time.monotonic() - began, jobs, longest, _grown() - before)
        assert (run.compared, run.found, run.repaired) == (count, MISSING, MISSING)


def _grown() -> int:
    """In MB, the most that there ever was."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _print(url: str, run: Reconciliation, seconds: float, jobs: int, longest: float, grown: int) -> None:
    name, _, _ = url.partition(":")
    print(f"{name}: {run.compared} movements, {run.found} differences found, {seconds:.0f} s in {jobs} jobs,")
    print(f"  of which the longest took {longest:.1f} s; the process grew by {grown} MB", flush=True)


async def _fill(story: Story, double: StripeDouble, count: int) -> None:
    """Movements over three days, each with its entry seconds later, but for some charges, which have a payment."""
    now, store = story.clock.now(), story.place.store
    entries: list[JournalEntry] = []
    for number in range(count):
        at = now - timedelta(days=DAYS) * (1 - number / count)
        later, before = at + timedelta(seconds=2), number - count // DAYS
        if before >= 0 and number % ONE_IN_REFUNDED == 1:
            _refund(double, number, before, at)
            entries.append(_entry(f"refund/stripe-re_{number:09d}", before, -PRICE, later))
        elif before >= 0 and number % ONE_IN_DISPUTED == 2:
            _dispute(double, number, before, at)
            entries.append(_entry(f"dispute/dp_{number:09d}", before, -PRICE, later))
        else:
            _charge(double, number, at)
            if number % (count // MISSING):
                entries.append(_entry(f"paid/payment-{number:09d}", number, PRICE, later))
            else:
                await store.unit_of_work(partial(store.payments.add, _payment(number, at)))
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        await store.unit_of_work(partial(store.ledger.post, *some))


def _refund(double: StripeDouble, number: int, charged: int, at: datetime) -> None:
    """Without a mark of the shop's."""
    account, name = double.account, f"re_{number:09d}"
    made = {**_of(charged), "created": int(at.timestamp())}
    account.refunds[name] = {"id": name, "object": "refund", "status": "succeeded", **made}
    _book(double, number, at, {"amount": -PRICE.amount, "fee": 0, "source": name, "type": "refund"})
    _intent(double, charged)


def _dispute(double: StripeDouble, number: int, charged: int, at: datetime) -> None:
    account, name = double.account, f"dp_{number:09d}"
    made = {**_of(charged), "created": int(at.timestamp())}
    account.disputes[name] = {"id": name, "object": "dispute", "status": "needs_response", **made}
    _book(double, number, at, {"amount": -PRICE.amount, "fee": 1_500, "source": name, "type": "adjustment"})
    _intent(double, charged)


def _of(charged: int) -> dict[str, Any]:
    """What a refund or a dispute says of the charge: nothing that the shop has marked."""
    return {"amount": PRICE.amount, "currency": "usd", "metadata": {}, "payment_intent": f"pi_{charged:09d}"}


def _intent(double: StripeDouble, number: int) -> None:
    """That which a refund or a dispute is asked about."""
    name, marks = f"pi_{number:09d}", {"shop_key": f"payment-{number:09d}:1", "shop_payment": f"payment-{number:09d}"}
    told = {"amount": PRICE.amount, "currency": "usd", "status": "succeeded", "metadata": marks}
    double.account.intents[name] = {"id": name, "object": "payment_intent", "created": 0, **told}


def _book(double: StripeDouble, number: int, at: datetime, booked: dict[str, Any]) -> None:
    name, made = f"txn_{number:09d}", {"created": int(at.timestamp()), "currency": "usd"}
    double.account.transactions[name] = {"id": name, "object": "balance_transaction", **made, **booked}


def _payment(number: int, at: datetime) -> Payment:
    return Payment(
        id=PaymentId(f"payment-{number:09d}"),
        order_id=OrderId(f"order-{number:09d}"),
        gateway="stripe",
        method=None,
        amount=PRICE,
        created_at=at,
        updated_at=at,
        reference=f"pi_{number:09d}",
        state=PaymentState.PROCESSING,
    )


def _charge(double: StripeDouble, number: int, at: datetime) -> None:
    account, created = double.account, int(at.timestamp())
    name = f"{number:09d}"
    account.charges[f"ch_{name}"] = {
        "id": f"ch_{name}",
        "object": "charge",
        "amount": 2_000,
        "amount_captured": 2_000,
        "balance_transaction": f"txn_{name}",
        "created": created,
        "currency": "usd",
        "metadata": {"shop_key": f"payment-{name}:1"},
        "payment_intent": f"pi_{name}",
        "status": "succeeded",
    }
    _book(double, number, at, {"amount": PRICE.amount, "fee": 88, "source": f"ch_{name}", "type": "charge"})


def _entry(key: str, number: int, money: Money, at: datetime) -> JournalEntry:
    postings = [(Account.CLEARING, money), (Account.RECEIVABLE, -money)]
    return entry(key, at, OrderId(f"order-{number:09d}"), PaymentId(f"payment-{number:09d}"), postings, "stripe")


if __name__ == "__main__":
    main()

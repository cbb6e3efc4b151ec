"""How a reconciliation of many movements goes: `bench reconcile 100000`.

Stripe's own client asks the double over loopback, which answers each call after a tenth of a second. The books have an
entry for each movement, but for a hundred that the shop is to find. Shown is how many jobs it took, how long the
longest was (a job may take 25 seconds), and by how much the process grew, in which the double is too.
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
from shopcore.payments.model import Account, JournalEntry, Reconciliation, entry
from shopcore.testing.stripe_double import StripeDouble

MOVEMENTS = 100_000
MISSING = 100
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
        assert (run.compared, run.found) == (count, MISSING)


def _grown() -> int:
    """In MB, the most that there ever was."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _print(url: str, run: Reconciliation, seconds: float, jobs: int, longest: float, grown: int) -> None:
    name, _, _ = url.partition(":")
    print(f"{name}: {run.compared} movements, {run.found} differences found, {seconds:.0f} s in {jobs} jobs,")
    print(f"  of which the longest took {longest:.1f} s; the process grew by {grown} MB", flush=True)


async def _fill(story: Story, double: StripeDouble, count: int) -> None:
    """Charges over three days, each with its entry seconds later, but for some."""
    now, store = story.clock.now(), story.place.store
    entries: list[JournalEntry] = []
    for number in range(count):
        at = now - timedelta(days=DAYS) * (1 - number / count)
        _charge(double, number, at)
        if number % (count // MISSING):
            entries.append(_entry(number, at + timedelta(seconds=2)))
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        await store.unit_of_work(partial(store.ledger.post, *some))


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
    account.transactions[f"txn_{name}"] = {
        "id": f"txn_{name}",
        "object": "balance_transaction",
        "amount": 2_000,
        "created": created,
        "currency": "usd",
        "fee": 88,
        "source": f"ch_{name}",
        "type": "charge",
    }


def _entry(number: int, at: datetime) -> JournalEntry:
    money = Money(2_000, "USD")
    postings = [(Account.CLEARING, money), (Account.RECEIVABLE, -money)]
    payment_id = PaymentId(f"payment-{number:09d}")
    return entry(f"paid/{payment_id}", at, OrderId(f"order-{number:09d}"), payment_id, postings, "stripe")


if __name__ == "__main__":
    main()

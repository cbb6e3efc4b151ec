"""What the bogus gateway does on request, and what it keeps."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest
from tests.contracts.bank import APP_URL, SECRET, Bank, a_bank

from shopcore.adapters.bogus.books import Books
from shopcore.adapters.bogus.webhooks import Deliverer
from shopcore.kernel.errors import InvalidInput
from shopcore.payments.errors import GatewayUnavailable, PaymentNotFound
from shopcore.payments.model import PaymentState
from shopcore.payments.ports import GatewayEvent
from shopcore.testing.contracts.gateway import a_payment

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bank() -> AsyncIterator[Bank]:
    async with a_bank() as bank:
        yield bank


class Shop:
    """Takes webhooks in; `refusals` many are not taken at first."""

    def __init__(self, bank: Bank, refusals: int = 0) -> None:
        self._gateway = bank.gateway()
        self._refusals = refusals
        self.events: list[GatewayEvent] = []

    async def deliver(self, body: bytes, headers: Mapping[str, str]) -> None:
        event = self._gateway.read_webhook(body, headers)
        if self._refusals:
            self._refusals -= 1
            raise InvalidInput.of("body", "not_now", "comes at a bad moment")
        self.events.append(event)

    @property
    def heard(self) -> list[str]:
        return [event.type.removeprefix("payment.") for event in self.events]


def deliverer(bank: Bank) -> Deliverer:
    return Deliverer(bank.books, bank.clock, SECRET)


async def test_a_lost_answer_is_found_by_a_look_up(bank: Bank) -> None:
    """The money is taken, the caller's deadline ends the wait, and a second begin does not wait."""
    gateway, payment = bank.gateway(), a_payment("lost_answer")
    waiting = asyncio.ensure_future(bank.clock.within(10, gateway.begin(payment)))
    await bank.clock.asleep(2)
    await bank.clock.advance(10)
    with pytest.raises(TimeoutError):
        await waiting

    found = await gateway.look_up(payment)
    assert found is not None
    assert found.state is PaymentState.SUCCEEDED
    assert (await gateway.begin(payment)).reference == found.reference
    assert await bank.taken(payment) == 1999


async def test_a_lost_answer_ends_by_itself(bank: Bank) -> None:
    """A caller without a deadline of its own learns after a minute that it knows nothing."""
    waiting = asyncio.ensure_future(bank.gateway().begin(a_payment("lost_answer")))
    await bank.clock.asleep(1)
    await bank.clock.advance(60)

    with pytest.raises(GatewayUnavailable):
        await waiting


async def test_a_slow_answer_comes(bank: Bank) -> None:
    """After three seconds; the money was taken at once."""
    payment = a_payment("slow")
    waiting = asyncio.ensure_future(bank.gateway().begin(payment))
    await bank.clock.asleep(1)
    taken_before_the_answer = await bank.taken(payment)
    await bank.clock.advance(3)

    assert (await waiting).state is PaymentState.SUCCEEDED
    assert taken_before_the_answer == 1999


@pytest.mark.parametrize(
    ("method", "heard"),
    [
        ("late_webhook", ["succeeded"]),
        ("double_webhook", ["succeeded", "succeeded"]),
        ("reordered_webhooks", ["succeeded", "processing"]),
    ],
)
async def test_webhooks_come_as_the_method_says(bank: Bank, method: str, heard: list[str]) -> None:
    """The answer is `processing`; a webhook that comes twice has one id; the last word of a look-up is `succeeded`."""
    gateway, shop, payment = bank.gateway(), Shop(bank), a_payment(method)
    answer = await gateway.begin(payment)
    assert await deliverer(bank).deliver_due(shop.deliver) == 0
    await bank.clock.advance(4)
    while await deliverer(bank).deliver_due(shop.deliver):
        pass

    found = await gateway.look_up(payment)
    assert answer.state is PaymentState.PROCESSING
    assert shop.heard == heard
    assert len({event.event_id for event in shop.events}) == len(set(heard))
    assert found is not None
    assert found.state is PaymentState.SUCCEEDED


async def test_no_webhook_runs_ahead_of_the_money(bank: Bank) -> None:
    """Until it says so the payment is processing, can be cancelled, and then says nothing any more."""
    gateway, shop, payment = bank.gateway(), Shop(bank), a_payment("late_webhook")
    await gateway.begin(payment)
    await bank.clock.advance(3.9)
    before = await gateway.look_up(payment)
    cancelled = await gateway.cancel(payment)
    await bank.clock.advance(10)

    assert before is not None
    assert before.state is PaymentState.PROCESSING
    assert cancelled.state is PaymentState.VOIDED
    assert await deliverer(bank).deliver_due(shop.deliver) == 0
    assert [line.status for line in await gateway.charges()] == ["failed"]


async def test_a_webhook_comes_again_until_it_is_taken(bank: Bank) -> None:
    """Later and later, and not again after that."""
    shop, sender = Shop(bank, refusals=3), deliverer(bank)
    await bank.gateway().begin(a_payment("late_webhook"))
    await bank.clock.advance(4)
    tried = []
    for seconds in (0, 0.5, 0.5, 1, 1, 2, 2, 60, 60):
        await bank.clock.advance(seconds)
        tried.append(await sender.deliver_due(shop.deliver))

    assert tried == [1, 0, 1, 0, 1, 0, 1, 0, 0]
    assert shop.heard == ["succeeded"]


async def test_two_processes_share_the_deliveries(tmp_path: Path) -> None:
    """Each event is tried by one of them: what one has taken, the other does not see."""
    async with a_bank(tmp_path / "bogus.db") as bank, a_bank(tmp_path / "bogus.db") as other:
        shop, gateway = Shop(bank), bank.gateway()
        await asyncio.gather(*(gateway.begin(a_payment("late_webhook")) for _ in range(120)))
        for each in (bank, other):
            await each.clock.advance(4)
        tried = await asyncio.gather(
            *(deliverer(each).deliver_due(shop.deliver) for each in (bank, other, bank, other))
        )

        assert sum(tried) == len(shop.events) == 120
        assert len({event.event_id for event in shop.events}) == 120


async def test_deliveries_run_until_they_are_cancelled(bank: Bank) -> None:
    """They look at their books ten times a second."""
    shop = Shop(bank)
    task = asyncio.ensure_future(deliverer(bank).run_deliveries(shop.deliver))
    await bank.gateway().begin(a_payment("late_webhook"))
    while not shop.events:
        await bank.clock.asleep(1)
        await bank.clock.advance(0.1)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert shop.heard == ["succeeded"]


async def test_the_customer_says_yes_or_no(bank: Bank) -> None:
    """On the page that `next_action` names; the answer is final, and a webhook tells of it."""
    gateway, shop = bank.gateway(), Shop(bank)
    yes, no = [await gateway.begin(a_payment("requires_action")) for _ in range(2)]
    assert yes.reference is not None
    assert no.reference is not None
    approved, refused = await gateway.approve(yes.reference), await gateway.refuse(no.reference)
    await gateway.refuse(yes.reference)
    await deliverer(bank).deliver_due(shop.deliver)

    assert yes.next_action is not None
    assert yes.next_action.url == f"{APP_URL}/bogus/actions/{yes.reference}"
    assert (approved.status, refused.status) == ("captured", "failed")
    assert (await gateway.charge(yes.reference)).state is PaymentState.SUCCEEDED
    assert sorted(shop.heard) == ["failed", "succeeded"]


async def test_an_unknown_charge_is_not_found(bank: Bank) -> None:
    """To look at, to approve or to refuse."""
    for act in (bank.gateway().charge, bank.gateway().approve, bank.gateway().refuse):
        with pytest.raises(PaymentNotFound):
            await act("charge-of-nobody")


async def test_the_books_are_listed(bank: Bank) -> None:
    """What was begun, oldest first, in the words of the command line; burnt keys are no charges."""
    gateway = bank.gateway()
    for method in ("ok", "declined", "requires_action", "late_webhook"):
        await gateway.begin(a_payment(method))
    await gateway.cancel(a_payment("ok"))
    lines = await gateway.charges()

    assert [line.status for line in lines] == ["captured", "failed", "requires_action", "processing"]
    assert set(msgspec.to_builtins(lines[0])) == {"id", "payment_id", "order_id", "amount", "status", "at"}


async def test_books_that_cannot_be_opened_are_unavailable(tmp_path: Path) -> None:
    """The gateway is down, as far as the shop can tell."""
    async with a_bank(tmp_path / "nowhere" / "bogus.db") as bank:
        with pytest.raises(GatewayUnavailable):
            await bank.gateway().begin(a_payment("ok"))


def _charge_until_killed(path: Path, charges: int) -> list[str]:
    """Every charge that a process of its own was told of before it was killed."""
    command = [sys.executable, "-c", CHARGING, str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (*sys.path, str(Path.cwd()))))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as shop:
        assert shop.stdout is not None
        answered = [shop.stdout.readline() for _ in range(charges)]
        shop.send_signal(signal.SIGKILL)
        answered += shop.stdout.readlines()
    return [line.strip() for line in answered if line.endswith("\n")]


CHARGING = """
import asyncio, sys
from shopcore.adapters.bogus.books import Books
from tests.contracts.bank import Bank
from shopcore.testing.contracts.gateway import a_payment

async def charge() -> None:
    gateway = Bank(sys.argv[1]).gateway()
    while True:
        print((await gateway.begin(a_payment("ok"))).reference, flush=True)

asyncio.run(charge())
"""


async def test_a_killed_shop_loses_no_charge(tmp_path: Path) -> None:
    """Whatever was answered before the kill is in the books after it."""
    answered = await asyncio.to_thread(_charge_until_killed, tmp_path / "bogus.db", 200)
    async with a_bank(tmp_path / "bogus.db") as bank:
        kept = {line.id for line in await bank.gateway().charges()}

    assert len(answered) >= 200
    assert set(answered) <= kept


async def test_processes_that_start_at_once_all_open_the_books(tmp_path: Path) -> None:
    """The file is made by whichever comes first."""
    banks = [Books(str(tmp_path / "bogus.db")) for _ in range(12)]
    opened = await asyncio.gather(*(books.read(lambda connection: connection.in_transaction) for books in banks))
    await asyncio.gather(*(books.close() for books in banks))

    assert opened == [False] * 12

"""Many confirmations, a worker that is killed again and again, and a mail server that is down a third of the time."""

import asyncio
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.load.buyers import ADDRESS, SKU, stock
from tests.load.mail_worker import mailing
from tests.mailboxes import Mailbox

from shopcore.adapters.local.clock import SystemClock
from shopcore.checkout.model import CheckedOut, CheckOutCommand, PaymentChoice
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Guest
from shopcore.kernel.address import Address
from shopcore.shop import Shop, owner

ROOT = Path(__file__).parents[2]
KIND = "send_order_confirmation"
_CALM = 3_600.0
_AT_ONCE = 25  # checkouts side by side
_LATER = 0.1  # of the mails are put off each time they come
_NEVER = 40  # every so many addresses do not exist
_MESSAGE_ID = re.compile(rb"^Message-ID: *(?:\r\n )?<([^>]+)>", re.MULTILINE | re.IGNORECASE)


@dataclass
class Flaky(Mailbox):
    """Refuses some for good, always the same, and some for now, by chance."""

    chance: random.Random = field(default_factory=lambda: random.Random(7))

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if is_refused(address):
            return "550 5.1.1 nobody of this name"
        if self.chance.random() < _LATER:
            return "451 4.3.0 not now"
        return await super().handle_RCPT(server, session, envelope, address, options)


@dataclass
class Found:
    """What came of it."""

    orders: int
    refused: int
    received: int
    copies: int
    counted: int
    lost: int
    dead: int
    kills: int
    downs: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.orders} orders, {self.kills} kills, server down {self.downs} times, {self.seconds:.0f} s: "
            f"{self.received} confirmations received, {self.copies} second copies "
            f"({self.counted} counted as possible), "
            f"{self.lost} lost, {self.refused} refused for good, {self.dead} in dead letters"
        )


def assert_kept(found: Found) -> None:
    """None is lost; a second copy is counted, at most one for each death; a refusal for good is in dead letters."""
    assert found.lost == 0, found
    assert found.received == found.orders - found.refused, found
    assert found.dead == found.refused, found
    assert found.copies <= found.counted, found
    assert found.copies <= found.kills + found.downs, found


Kill = Callable[[Flaky], Awaitable[None]]
"""Returns when a worker that is ready has to die."""


def in_the_window(mails: int) -> Kill:
    """When so many more mails have arrived: in the moment in which nobody but the server knows it of the last one."""
    return lambda server: _arrived(server, mails)


async def _arrived(server: Flaky, mails: int) -> None:
    await server.holds(len(server.arrived) + mails, _CALM)


def every(seconds: float) -> Kill:
    """At a random moment, so many seconds later on average, whatever the worker is at then."""
    moments = random.Random(11)
    return lambda _: asyncio.sleep(moments.uniform(0.5, 1.5) * seconds)


def email(number: int) -> str:
    """Of one buyer."""
    return f"{'nobody' if number % _NEVER == 0 else 'buyer'}{number}@example.com"


def is_refused(address: str) -> bool:
    """Whether there is nobody of that name."""
    return address.startswith("nobody")


async def run(folder: Path, orders: int, kill: Kill, *, down: float, speed: float, downs: int = sys.maxsize) -> Found:
    """Place so many orders, and work them off through all that.

    `down` is how long the server is gone at a time, so many times at most.
    """
    await stock(folder, orders)
    server, began = Flaky(), time.monotonic()
    await server.start()
    async with Shop.open(mailing(folder, f"{server.url}?tls=off")) as shop:
        placing = asyncio.create_task(_place(shop, orders))
        async with _misfortunes(folder, server, kill, (down, speed, downs)) as counted:
            await placing
            await _worked_off(shop, orders)
        found = await _found(shop, server, orders, counted, time.monotonic() - began)
    await server.stop()
    return found


async def _place(shop: Shop, orders: int) -> None:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def buy(number: int) -> None:
        async with turns:
            cart = await shop.as_(Guest()).cart.add_item(sku=SKU, quantity=1)
            command = CheckOutCommand(
                email=email(number),
                shipping_address=Address(**ADDRESS),
                shipping_method="standard",
                payment=PaymentChoice(method="ok"),
            )
            guest = shop.as_(Guest(cart_token=cart.token))
            reply = await guest.checkout.check_out(command=command, key=f"order {number}")
            assert isinstance(reply.outcome, CheckedOut), reply.outcome

    await asyncio.gather(*(buy(number) for number in range(1, orders + 1)))


async def _worked_off(shop: Shop, orders: int) -> None:
    """Until every confirmation is done or dead."""
    while True:
        left = sum(
            each.count for each in await shop.queue_depth() if each.kind == KIND and each.state is not JobState.DEAD
        )
        if not left:
            return
        await asyncio.sleep(0.2 if orders < 1_000 else 1.0)


@asynccontextmanager
async def _misfortunes(
    folder: Path, server: Flaky, kill: Kill, measure: tuple[float, float, int]
) -> AsyncGenerator[Counter[str]]:
    """A worker that is killed, and a server that goes, for as long as they are wanted."""
    down, speed, downs = measure
    counted: Counter[str] = Counter()
    since = SystemClock().now().isoformat()
    command = [sys.executable, "-m", "tests.load.mail_worker", str(folder), f"{server.url}?tls=off", str(speed), since]

    async def killing() -> None:
        while True:
            with (folder / "worker.log").open("a") as log:
                worker = await asyncio.create_subprocess_exec(
                    *command, cwd=folder, env=_environment(), stdout=asyncio.subprocess.PIPE, stderr=log
                )
            assert worker.stdout is not None
            try:
                assert await worker.stdout.readline(), (folder / "worker.log").read_text()[-2_000:]
                await kill(server)
                assert worker.returncode is None, (folder / "worker.log").read_text()[-2_000:]
            finally:
                with suppress(ProcessLookupError):  # it has died by itself, which is told
                    worker.kill()
                await worker.wait()
            counted["kills"] += 1

    async def going() -> None:
        while counted["downs"] < downs:
            await asyncio.sleep(2 * down)
            await server.stop()
            counted["downs"] += 1
            try:
                await asyncio.sleep(down)
            finally:
                await server.start()

    async with asyncio.TaskGroup() as group:  # one that ends in an error ends the run
        tasks = [group.create_task(killing()), group.create_task(going())]
        try:
            yield counted
        finally:
            for task in tasks:
                task.cancel()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}


async def _found(shop: Shop, server: Flaky, orders: int, counted: Counter[str], seconds: float) -> Found:
    staff: Any = shop.as_(owner())
    received = Counter(_id_of(content) for content in server.contents if b"Subject: Your order" in content)
    tallies = await staff.messages.tally()
    depths = await shop.queue_depth()
    refused = sum(is_refused(email(number)) for number in range(1, orders + 1))
    return Found(
        orders=orders,
        refused=refused,
        received=len(received),
        copies=received.total() - len(received),
        counted=sum(each.repeats for each in tallies if each.kind == "order_confirmation"),
        lost=orders - refused - len(received),
        dead=sum(each.count for each in depths if each.kind == KIND and each.state is JobState.DEAD),
        kills=counted["kills"],
        downs=counted["downs"],
        seconds=seconds,
    )


def _id_of(content: bytes) -> bytes:
    found = _MESSAGE_ID.search(content)
    assert found is not None, content[:500]
    return found[1]

"""A shop that can be made to die at any moment, and to be opened again on what it had written.

The store and the bank stay, as a disk and a remote party do; everything that a process holds is made anew.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.banks import Between
from tests.kept import leave_empty

from shopcore.container.gateways import BogusBank
from shopcore.container.jobs import SCHEDULES
from shopcore.container.ports import Store, World
from shopcore.container.root import Container, build_use_cases, running
from shopcore.jobs.model import Job, tick_of
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.notifications.model import Message
from shopcore.notifications.ports import Mailer, Ready, at_any_time
from shopcore.payments.model import Payment, Report
from shopcore.payments.ports import PaymentGateway, RefundReport
from shopcore.settings import MONGO, Settings
from shopcore.shop import Shop
from shopcore.webhooks.model import Answer
from shopcore.webhooks.ports import WebhookSender

T = TypeVar("T")

ABOUT_MONEY = frozenset({"reconcile_payments", "sum_up_ledger"})
"""What is done by the clock and has to do with money."""

EVERY_KIND = frozenset(schedule.kind for schedule in SCHEDULES)
_ALWAYS_DUE = EVERY_KIND if os.environ.get("SHOP_TEST_BOUNDARIES") == "every" else frozenset[str]()


class Crash(BaseException):
    """The process is gone. Not an `Exception`: nothing in the shop may catch it."""


class Fuse:
    """Burns one step at each boundary between the process and the world, and crashes at the chosen one."""

    def __init__(self, steps: int | None = None) -> None:
        self.left = steps
        self.names: list[str] = []
        self._meanwhile: tuple[int, Callable[[], Awaitable[object]]] | None = None

    def burn(self, name: str) -> None:
        """Pass one boundary, or die at it."""
        self.names.append(name)
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                raise Crash(name)

    def at(self, step: int, meanwhile: Callable[[], Awaitable[object]]) -> None:
        """Let something happen at that boundary, as if the process had been stopped there for a while."""
        self._meanwhile = step, meanwhile

    async def around(self, name: str, act: Awaitable[T]) -> T:
        """Pass the boundary on the way out and on the way back: dying there loses the answer, not the effect."""
        try:
            self.burn(f"before {name}")
        except Crash:
            if hasattr(act, "close"):
                act.close()
            raise
        await self._let_happen()
        answer = await act
        self.burn(f"after {name}")
        await self._let_happen()
        return answer

    async def _let_happen(self) -> None:
        if self._meanwhile and len(self.names) == self._meanwhile[0]:
            meanwhile, self._meanwhile = self._meanwhile[1], None
            await meanwhile()


@dataclass
class FusedUnitOfWork:
    """Dies before a transaction, or after its commit; `is_split` where only the last of works in order is one."""

    inner: UnitOfWork
    fuse: Fuse
    is_split: bool = False

    async def __call__(self, work: Work[T]) -> T:
        return await self.fuse.around("commit", self.inner(work))

    async def in_order(self, *works: Work[Any]) -> None:
        if self.is_split:
            *steps, last = works
            for step in steps:
                await self.fuse.around("step", step())
            await self(last)
        else:
            await self.fuse.around("commit", self.inner.in_order(*works))


@dataclass
class FusedGateway(Between):
    """Dies before a call to the bank, or when the bank has done it and the answer is on its way."""

    fuse: Fuse

    async def begin(self, payment: Payment) -> Report:
        return await self.fuse.around("begin", Between.begin(self, payment))

    async def look_up(self, payment: Payment) -> Report | None:
        return await self.fuse.around("look-up", Between.look_up(self, payment))

    async def find(self, reference: str) -> Report | None:
        return await self.fuse.around("find", Between.find(self, reference))

    async def cancel(self, payment: Payment) -> Report:
        return await self.fuse.around("cancel", Between.cancel(self, payment))

    async def capture(self, payment: Payment) -> Report:
        return await self.fuse.around("capture", Between.capture(self, payment))

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        return await self.fuse.around("refund", Between.refund(self, payment, refund_id, amount))


@dataclass
class FusedMailer:
    """Dies before a mail is handed over, or just after."""

    inner: Mailer
    fuse: Fuse

    async def send(self, message: Message, ready: Ready = at_any_time) -> None:
        await self.fuse.around("mail", self.inner.send(message, ready))

    def is_down(self) -> bool:
        return self.inner.is_down()


@dataclass
class FusedSender:
    """Dies before a webhook is sent, or when the other side has it and the answer is on its way."""

    inner: WebhookSender
    fuse: Fuse

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return await self.fuse.around("webhook", self.inner.send(url, headers, body))


@dataclass
class ShiftedClock:
    """Another process's clock, later by so much, so that leases have lapsed without anybody having to wait."""

    inner: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.inner.now() + self.by

    async def sleep(self, seconds: float) -> None:
        await self.inner.sleep(seconds)

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        return await self.inner.within(seconds, work)


@dataclass
class Premises:
    """What survives a crash: the store, the bank, the folder of mails."""

    settings: Settings
    store: Store
    world: World
    bank: BogusBank

    @property
    def is_split(self) -> bool:
        """Whether a crash may fall between two works in order."""
        return self.settings.store_url.startswith(MONGO)

    def open(self, fuse: Fuse | None = None, later: timedelta = timedelta()) -> Shop:
        """A process over what is there; it dies when the fuse has burnt down."""
        burning = fuse or Fuse()
        wrap: Callable[[PaymentGateway], PaymentGateway] = lambda gateway: FusedGateway(gateway, burning)  # noqa: E731
        world = replace(
            self.world,
            clock=ShiftedClock(self.world.clock, later),
            mailer=FusedMailer(self.world.mailer, burning),
            webhook_sender=FusedSender(self.world.webhook_sender, burning),
            gateways={name: wrap(gateway) for name, gateway in self.world.gateways.items()},
        )
        store = replace(self.store, unit_of_work=FusedUnitOfWork(self.store.unit_of_work, burning, self.is_split))
        cases = build_use_cases(self.settings, store, world, report_nothing)
        return Shop(self.settings, cases, store, world, self.bank)

    async def tended(self, *, but: Collection[str] = ()) -> None:
        """What is done by the clock has been done for now, `but` for these kinds: nine of ten boundaries of a story in
        a new shop are theirs, and would be the same ones in each story.
        """
        now, due = self.world.clock.now(), _ALWAYS_DUE.union(but)

        async def work() -> None:
            for schedule in SCHEDULES:
                if schedule.kind not in due:
                    await self.store.ticks.fire(schedule.kind, tick_of(schedule, now))

        await self.store.unit_of_work(work)


def report_nothing(_job: Job, _error: Exception) -> None:
    """Failed jobs are looked at in the queue."""


@asynccontextmanager
async def premises(folder: Path, **changes: Any) -> AsyncGenerator[Premises]:
    """An empty shop's premises, in memory but for its mails and whatever else `changes` says."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    own = {"mail_dir": str(folder / "mail"), "keys_file": str(folder / "shop.keys"), "bogus_file": ":memory:"}
    settings = Settings(**{"store_url": "sqlite://:memory:", **own, **changes})
    try:
        async with running(Container(settings=settings, report=report_nothing)) as (_, store, world, bank):
            yield Premises(settings, store, world, bank)
    finally:
        await leave_empty(settings)

"""Nothing but its end ends a worker: what goes wrong is told, and the work goes on."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest
import structlog
from tests.stories import Story

from shopcore.container.cases import UseCases
from shopcore.container.root import unfailing
from shopcore.container.working import Worker
from shopcore.jobs.model import Job
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import OrderId
from shopcore.kernel.sealing import Unsealable
from shopcore.shop import Shop

pytestmark = pytest.mark.anyio

T = TypeVar("T")
HOUR = 3_600
BOUND = 60.0  # seconds, of a machine that is very slow


@dataclass
class Restless:
    """The shop's clock, of which nobody has to wait for what they sleep."""

    inner: Clock

    def now(self) -> Any:
        return self.inner.now()

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        return await self.inner.within(seconds, work)


@dataclass
class Failing:
    """Goes wrong so many times before it does what it is there for."""

    inner: Callable[..., Awaitable[Any]]
    error: Exception
    times: float

    async def __call__(self, *given: Any, **named: Any) -> Any:
        if self.times > 0:
            self.times -= 1
            raise self.error
        return await self.inner(*given, **named)


@asynccontextmanager
async def working(story: Story, part: str, error: Exception, times: float) -> AsyncGenerator[Shop]:
    """A shop whose worker stumbles over one part of its round."""
    shop = story.reopen()
    cases = shop._cases
    failing: Callable[[Any], Any] = lambda case: Failing(case, error, times)  # noqa: E731
    fails: dict[str, Callable[[], Any]] = {
        "sweep": lambda: {"upkeep": replace(cases.upkeep, sweep_overdue=failing(cases.upkeep.sweep_overdue))},
        "schedules": lambda: {"enqueue_scheduled": failing(cases.enqueue_scheduled)},
        "jobs": lambda: {"work_jobs": failing(cases.work_jobs)},
    }
    stumbling: UseCases = replace(cases, **fails[part]())
    world = replace(story.place.world, clock=Restless(story.clock))
    shop._worker = Worker(stumbling, world, story.place.bank, stop_seconds=1.0)
    task = asyncio.create_task(shop.run_worker())
    try:
        async with asyncio.timeout(BOUND):
            yield shop
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def comes_to(shop: Shop, state: str) -> None:
    """Wait until the worker says so of itself."""
    while (await shop.health()).dependencies.get("worker", "") != state:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def confirmed(story: Story) -> None:
    """Wait until a confirmation has gone out."""
    while not await story.mails("order-confirmation"):  # noqa: ASYNC110
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[Any]]:
    """What is logged."""
    with structlog.testing.capture_logs() as logged:
        yield logged


@pytest.mark.parametrize("error", [RuntimeError("of a driver"), LookupError("of a key"), Unavailable("busy")])
@pytest.mark.parametrize("part", ["sweep", "schedules", "jobs"])
async def test_a_worker_outlives_what_goes_wrong(story: Story, part: str, error: Exception) -> None:
    """Whatever it is, and in whatever part of a round: the mail of an order goes out."""
    await story.sell()
    async with working(story, part, error, times=3) as shop:
        bought = await story.buy()
        await confirmed(story)
        while (await shop.health()).dependencies["worker"] != "up":
            await story.clock.advance(5)  # until it sweeps again
            await asyncio.sleep(0)

    assert (await bought.order()).payment_status == "paid"


@pytest.mark.parametrize("part", ["sweep", "schedules"])
async def test_a_part_that_fails_keeps_nobody_from_the_jobs(story: Story, part: str) -> None:
    """It is told where one asks how the shop is, which serves all the while."""
    await story.sell()
    async with working(story, part, RuntimeError("each time"), times=float("inf")) as shop:
        await story.buy()
        await confirmed(story)
        health = await shop.health()

    assert (health.ready, health.degraded) == (True, True)
    assert health.dependencies == {"store": "up", "worker": f"fails: {part}; the log says why"}


async def test_a_worker_that_comes_to_nothing_is_stuck(story: Story, lines: list[Any]) -> None:
    """After minutes; and once it has ended it is dead."""
    async with working(story, "jobs", RuntimeError("each time"), times=float("inf")) as shop:
        await comes_to(shop, "fails: jobs; the log says why")
        await story.clock.advance(121)
        stuck = await shop.health()
    dead = await shop.health()

    assert stuck.dependencies["worker"].startswith("stuck: ")
    assert dead.dependencies["worker"].startswith("dead: ")
    assert (stuck.ready, stuck.degraded, dead.ready, dead.degraded) == (True, True, True, True)
    assert {(line["event"], line["part"]) for line in lines if line["log_level"] == "error"} == {
        ("worker_stumbles", "jobs")
    }


async def test_who_has_no_worker_says_nothing_of_it(story: Story) -> None:
    """As a server does whose worker is a process of its own."""
    assert (await story.shop.health()).dependencies == {"store": "up"}


@dataclass
class Unreadable:
    """The orders of a store that lacks the key which one of them was sealed with."""

    orders: Any
    order_id: OrderId

    async def get(self, order_id: OrderId) -> Any:
        if order_id == self.order_id:
            raise Unsealable
        return await self.orders.get(order_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.orders, name)


async def test_an_order_that_cannot_be_read_keeps_no_other_from_its_end(story: Story) -> None:
    """It fails in a job of its own, and comes again with the key."""
    await story.sell()
    bad = await story.buy("requires_action")
    good = await story.buy("requires_action")
    store = story.place.store
    story.place.store = replace(store, orders=Unreadable(store.orders, bad.id))
    story.reopen()
    await story.passes(HOUR)
    await story.passes(30)
    story.place.store = store
    story.reopen()

    assert (await good.order()).status == "cancelled"
    assert (await bad.order()).status == "pending"
    await story.passes(HOUR)
    assert (await bad.order()).status == "cancelled"


@dataclass
class Stuck:
    """Reservations of which one cannot be let go."""

    reservations: Any
    order_id: OrderId

    async def let_go(self, order_id: OrderId, at: Any) -> None:
        if order_id == self.order_id:
            raise RuntimeError(order_id)
        await self.reservations.let_go(order_id, at)

    async def lapsed(self, now: Any, limit: int) -> Any:
        return [self.order_id, *await self.reservations.lapsed(now, limit)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reservations, name)


async def test_goods_that_cannot_be_let_go_keep_no_others_on_hold(story: Story) -> None:
    """Nor orders from their end. What went wrong is told when all the rest is done."""
    await story.sell()
    bought = await story.buy("requires_action")
    store = story.place.store
    story.place.store = replace(store, reservations=Stuck(store.reservations, OrderId("stuck")))
    shop = story.reopen()
    await story.clock.advance(HOUR)
    with pytest.raises(ExceptionGroup) as told:
        await shop.work_off()
    await story.passes(1)

    assert [type(each) for each in told.value.exceptions] == [RuntimeError]
    assert (await bought.order()).status == "cancelled"


def test_who_is_told_of_failed_jobs_may_fail(lines: list[Any]) -> None:
    """It is somebody else's: it is logged, and that is all."""

    def report(_job: Job, _error: Exception) -> None:
        raise RuntimeError("theirs")

    job = Job(id="j", kind="mail", payload={}, run_at=None, created_at=None)  # type: ignore[arg-type]
    unfailing(report)(job, Unavailable("down"))

    assert [(line["event"], line["kind"]) for line in lines] == [("report_failed", "mail")]


@dataclass
class Rounds:
    """Jobs that are done at once, so many of them; and how many each round asked for."""

    left: int
    asked: list[int] = field(default_factory=list)

    async def __call__(self, _actor: Any, *, limit: int) -> int:
        if self.left:
            self.asked.append(limit)
        done = min(limit, self.left)
        self.left -= done
        return done


async def test_rounds_that_are_full_and_quick_are_followed_by_larger_ones(story: Story) -> None:
    """Where there is less to do, a round is small again; and now and then it is of one job alone."""
    shop = story.reopen()
    rounds = Rounds(left=16 + 64 + 64 + 1 + 5)
    working_off: Any = rounds
    cases = replace(shop._cases, work_jobs=working_off)
    world = replace(story.place.world, clock=Restless(story.clock))
    task = asyncio.create_task(Worker(cases, world, story.place.bank, stop_seconds=1.0).run())
    async with asyncio.timeout(BOUND):
        while len(rounds.asked) < 5:  # noqa: ASYNC110
            await asyncio.sleep(0)
        rounds.left = 3
        while rounds.left:  # noqa: ASYNC110
            await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert rounds.asked[:5] == [16, 64, 64, 1, 64]
    assert rounds.asked[-1] in {1, 16}

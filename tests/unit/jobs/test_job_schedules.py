"""Ticks, the forgetting of done jobs, wakeups and rates."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from tests.stories import IN_MEMORY
from tests.unit.jobs.working_shop import WORKER, Shop, raising, shop

from shopcore.container.pacing import BY_MAIL
from shopcore.jobs.model import RETENTION, JobState, Pace, Schedule
from shopcore.jobs.use_cases.enqueue_scheduled import EnqueueScheduled
from shopcore.jobs.use_cases.forget_done_jobs import ForgetDoneJobs
from shopcore.kernel.actor import Actor, Customer, Guest, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput, ShopError, Unauthenticated, Unavailable
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.jobs import NewJob
from shopcore.settings import Settings
from shopcore.shop import Shop as Library

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


async def test_a_tick_is_enqueued_once(shop: Shop) -> None:
    """By however many workers, and again in the next tick."""
    enqueue = EnqueueScheduled(
        schedules=(
            Schedule(kind="sweep", every=timedelta(minutes=5)),
            Schedule(kind="purge", every=timedelta(hours=1), priority=-1),
        ),
        ticks=shop.store.ticks,
        jobs=shop.store.jobs,
        unit_of_work=shop.store.unit_of_work,
        clock=shop.clock,
    )

    await asyncio.gather(*(enqueue(WORKER) for _ in range(5)))
    await shop.clock.advance(300)
    await asyncio.gather(*(enqueue(WORKER) for _ in range(5)))

    kinds = [job.kind for job in (await shop.store.queue.page(None, None, 10)).items]
    assert sorted(kinds) == ["purge", "sweep", "sweep"]


async def test_done_jobs_are_kept_for_a_month(shop: Shop) -> None:
    """Dead ones longer: until somebody has decided on them."""
    await shop.enqueue(NewJob(kind="see"), NewJob(kind="dead", max_attempts=1))
    await shop.worker(see=shop.see, dead=raising(Unavailable("down")))(WORKER, limit=10)
    forget = ForgetDoneJobs(queue=shop.store.queue, clock=shop.clock)

    await shop.clock.advance(RETENTION.total_seconds())
    assert await forget(WORKER) == 0
    await shop.clock.advance(1)
    assert await forget(WORKER) == 1
    assert (await shop.only()).state is JobState.DEAD


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Guest(), Unauthenticated),
        (Customer(customer_id=CustomerId("c1")), Forbidden),
        (Staff(name="reader", permissions=frozenset({"jobs:read"})), Forbidden),
    ],
)
async def test_only_the_shop_works(shop: Shop, actor: Actor, refusal: type[ShopError]) -> None:
    """Or staff who may write jobs."""
    acts: list[Callable[[], Awaitable[object]]] = [
        partial(shop.worker(), actor, limit=1),
        partial(ForgetDoneJobs(queue=shop.store.queue, clock=shop.clock), actor),
        partial(
            EnqueueScheduled(
                schedules=(),
                ticks=shop.store.ticks,
                jobs=shop.store.jobs,
                unit_of_work=shop.store.unit_of_work,
                clock=shop.clock,
            ),
            actor,
        ),
    ]
    for act in acts:
        with pytest.raises(refusal):
            await act()


async def test_workers_wake_when_there_is_something_to_do(shop: Shop) -> None:
    """As soon as it is durable; not for what is undone, nor for what is due later."""
    wakeups = shop.store.wakeups
    waiting = asyncio.ensure_future(wakeups.wait(30))
    await asyncio.sleep(0)

    async def undone() -> None:
        await shop.store.jobs.enqueue(NewJob(kind="see"))
        raise Unavailable("undone")

    with suppress(Unavailable):
        await shop.store.unit_of_work(undone)
    await shop.enqueue(NewJob(kind="see", run_at=shop.clock.now() + timedelta(hours=1)))
    assert not waiting.done()

    await shop.enqueue(NewJob(kind="see"))
    await asyncio.wait_for(waiting, 5)


async def test_a_limit_for_a_kind_that_there_is_not_is_refused() -> None:
    """It would hold for nothing, and whoever wrote it would not know."""
    with pytest.raises(InvalidInput, match="send_order_confirmaton") as refusal:
        async with Library.open(Settings(**IN_MEMORY, job_rates={"send_order_confirmaton": 10})):
            pass

    assert [error.field for error in refusal.value.errors] == ["JOB_RATES"]
    async with Library.open(Settings(**IN_MEMORY, job_rates={"send_order_confirmation": 10})):
        pass


async def test_a_limit_may_be_for_all_mails_together() -> None:
    """A mail server does not care for what a mail is. A kind of them has no other limit beside it."""
    with pytest.raises(InvalidInput, match="send_order_mail") as refusal:
        async with Library.open(Settings(**IN_MEMORY, job_rates={"mail": 10, "send_order_mail": 5})):
            pass

    assert [error.code for error in refusal.value.errors] == ["named_twice"]
    async with Library.open(Settings(**IN_MEMORY, job_rates={"mail": 10, "deliver_webhook": 5})) as shop:
        found = shop._cases.work_jobs.paces()
    assert {kind for kind, pace in found.items() if pace == Pace(name="mail", rate=10)} == set(BY_MAIL)
    assert found["deliver_webhook"] == Pace(name="deliver_webhook", rate=5)


async def test_every_kind_that_sends_mail_is_one_of_mail() -> None:
    """By its name: whoever adds one thinks of the mail server."""
    async with Library.open(Settings(**IN_MEMORY)) as shop:
        kinds = set(shop._cases.work_jobs.do_jobs.handlers)

    assert {kind for kind in kinds if kind.startswith(("send_", "report_"))} == set(BY_MAIL)

"""A thousand deliveries to an endpoint that does not answer are no reason why another endpoint is not told."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from tests.receivers import Receiver, receiving
from tests.stories import opened as opened_shop

from shopcore.adapters.aiohttp.webhooks import HttpWebhookSender, opened
from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.jobs import SqliteJobs, SqliteQueue
from shopcore.container.working import Worker
from shopcore.jobs.steps.do_jobs import DoJobs
from shopcore.jobs.use_cases.work_jobs import WorkJobs
from shopcore.kernel.jobs import NewJob
from shopcore.webhooks.ports import MOST_UNDER_WAY

pytestmark = pytest.mark.anyio

BOUND = 60.0  # seconds, of a machine that is very slow
WAITING, OTHERS = 1_000, 10


@asynccontextmanager
async def working(folder: Path, sender: HttpWebhookSender) -> AsyncGenerator[SqliteJobs]:
    """A shop's worker, by the clock on the wall, over a queue whose jobs send what they are told to where they are."""

    async def deliver(payload: Mapping[str, str]) -> None:
        await sender.send(payload["url"], {"webhook-id": "evt"}, b"{}")

    clock, ids, database = SystemClock(), LocalIds(), await Database.open(MEMORY)
    doing = DoJobs(handlers={"deliver": deliver}, clock=clock, chance=LocalChance(), report=lambda _job, _error: None)
    work_jobs = WorkJobs(queue=SqliteQueue(database, clock), do_jobs=doing, clock=clock, ids=ids)
    async with opened_shop(folder) as story:
        cases = replace(story.reopen()._cases, work_jobs=work_jobs)
        worker = Worker(cases, replace(story.place.world, clock=clock), story.place.bank, stop_seconds=0.0)
        task = asyncio.create_task(worker.run())
        try:
            yield SqliteJobs(database, ids, clock, LocalWakeups())
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await database.close()


async def told(receiver: Receiver, count: int) -> None:
    """Wait until it was."""
    async with asyncio.timeout(BOUND):
        while len(receiver.taken) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_others_are_told_while_a_thousand_wait_for_one_that_does_not_answer(tmp_path: Path) -> None:
    """Those that come behind the thousand, and those that come once these have been put off."""
    over = asyncio.Event()

    async def at_the_end(_request: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response(status=204)

    def to(receiver: Receiver, count: int, *, older: timedelta = timedelta()) -> list[NewJob]:
        job = NewJob(kind="deliver", payload={"url": receiver.url}, run_at=SystemClock().now() - older)
        return [job] * count

    async with (
        receiving() as slow,
        receiving() as quick,
        opened(("127.0.0.0/8",), seconds=4 * BOUND) as sender,
        working(tmp_path, sender) as jobs,
    ):
        slow.answering = at_the_end
        try:
            await jobs.enqueue(*to(slow, WAITING, older=timedelta(seconds=4)), *to(quick, OTHERS))
            await told(quick, OTHERS)
            await jobs.enqueue(*to(quick, OTHERS))
            await told(quick, 2 * OTHERS)
            told_slow = len(slow.taken)
        finally:
            over.set()

        assert told_slow == MOST_UNDER_WAY

"""A system that does not answer holds nobody up: the worker goes on with everything else."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web
from tests.receivers import Receiver
from tests.stories import Story

from shopcore.notifications.model import Message
from shopcore.notifications.ports import Mailer, Ready, at_any_time

pytestmark = pytest.mark.anyio

BOUND = 60.0  # seconds, of a machine that is very slow


@dataclass
class Noticing:
    """Says that a mail went out."""

    inner: Mailer
    sent: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message, ready: Ready = at_any_time) -> None:
        await self.inner.send(message, ready)
        self.sent.set()

    def is_down(self) -> bool:
        return self.inner.is_down()


async def test_who_does_not_answer_holds_nobody_up(story: Story, receiver: Receiver) -> None:
    """The confirmation of an order goes out while the webhook of the one before is still not answered."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def silent(_request: web.Request) -> web.StreamResponse:
        asked.set()
        await answer.wait()
        return web.Response()

    receiver.answering = silent
    mailer = Noticing(story.place.world.mailer)
    story.place.world = replace(story.place.world, mailer=mailer)
    story.reopen()
    await story.sell()
    await story.staff.webhooks.create_endpoint(url=receiver.url)
    await story.buy()
    working = asyncio.create_task(story.shop.run_worker())
    try:
        async with asyncio.timeout(BOUND):
            await asked.wait()
            mailer.sent.clear()
            await story.buy()
            await mailer.sent.wait()
        unanswered = not answer.is_set()
    finally:
        answer.set()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    assert unanswered

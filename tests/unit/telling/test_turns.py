"""An endpoint that answers slowly keeps neither other endpoints nor other jobs waiting."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from tests.receivers import receiving

from shopcore.adapters.aiohttp.turns import Turns
from shopcore.adapters.aiohttp.webhooks import HttpWebhookSender, opened
from shopcore.webhooks.errors import EndpointBusy
from shopcore.webhooks.model import Answer
from shopcore.webhooks.ports import MOST_UNDER_WAY

pytestmark = pytest.mark.anyio

LOOPBACK = ("127.0.0.0/8",)


@dataclass
class Slow:
    """An endpoint that answers once it is told to, and says when it has its hands full."""

    asked: int = 0
    full: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.asked == MOST_UNDER_WAY:
            self.full.set()
        await self.told.wait()
        return web.Response(status=204)


def sending(sender: HttpWebhookSender, url: str, count: int) -> "Sequence[asyncio.Task[Answer]]":
    return [asyncio.create_task(sender.send(url, {"webhook-id": f"evt_{n}"}, b"{}")) for n in range(count)]


async def test_what_has_no_turn_soon_is_not_sent_and_not_held_against_the_endpoint() -> None:
    """It is no answer; others are asked meanwhile."""
    async with (
        receiving() as slow,
        receiving() as quick,
        opened(LOOPBACK, seconds=600.0, turn_seconds=0.0) as sender,
    ):
        slow.answering = answering = Slow()
        under_way = sending(sender, slow.url, MOST_UNDER_WAY)
        await answering.full.wait()

        with pytest.raises(EndpointBusy) as busy:
            await sender.send(slow.url, {"webhook-id": "evt_late"}, b"{}")
        other = await sender.send(quick.url, {"webhook-id": "evt_other"}, b"{}")
        answering.told.set()
        answers = await asyncio.gather(*under_way)

        assert busy.value.is_untried
        assert busy.value.retry_after
        assert other.status == 204
        assert {answer.status for answer in answers} == {204}
        assert len(slow.taken) == MOST_UNDER_WAY
        assert (await sender.send(slow.url, {"webhook-id": "evt_late"}, b"{}")).status == 204


async def test_those_without_a_turn_come_again_one_after_the_other() -> None:
    """At most ten a second, however many they are; and the last within half an hour."""
    async with receiving() as slow, opened(LOOPBACK, seconds=600.0, turn_seconds=0.0) as sender:
        slow.answering = answering = Slow()
        under_way = sending(sender, slow.url, MOST_UNDER_WAY)
        await answering.full.wait()
        loop, comes_at = asyncio.get_running_loop(), list[float]()
        began = loop.time()
        for _ in range(20_000):
            with pytest.raises(EndpointBusy) as busy:
                await sender.send(slow.url, {"webhook-id": "evt_late"}, b"{}")
            comes_at.append(loop.time() + (busy.value.retry_after or 0.0))
        answering.told.set()
        await asyncio.gather(*under_way)

        assert all(at - began > 0.099 * place for place, at in enumerate(comes_at[:100], 1))
        assert max(comes_at) <= loop.time() + 1_800


async def test_who_waits_for_a_turn_has_one_when_another_has_ended() -> None:
    """More than may be at a time are all sent in the end, and never more than that at once."""
    async with receiving() as slow, opened(LOOPBACK, seconds=600.0, turn_seconds=600.0) as sender:
        slow.answering = answering = Slow()
        under_way = sending(sender, slow.url, MOST_UNDER_WAY + 5)
        await answering.full.wait()
        at_once = len(slow.taken)
        answering.told.set()

        assert {answer.status for answer in await asyncio.gather(*under_way)} == {204}
        assert (at_once, len(slow.taken)) == (MOST_UNDER_WAY, MOST_UNDER_WAY + 5)


class Ahead(asyncio.SelectorEventLoop):
    """A loop that time can be let pass in."""

    by = 0.0

    def time(self) -> float:
        return super().time() + self.by


def test_the_line_of_a_slow_spell_is_over_when_the_endpoint_is_quick_again() -> None:
    """Whoever comes then has a turn, though those of the line would not be through; and a new line begins at once."""
    with asyncio.Runner(loop_factory=Ahead) as runner:
        runner.run(_after_a_slow_spell())


async def _after_a_slow_spell() -> None:
    turns = Turns(longest_wait=600.0)
    await _slow_spell(turns, behind=1_000)
    quick = asyncio.Event()
    quick.set()
    for _ in range(20):
        await _send(turns, quick)

    burst = await asyncio.gather(*(_send(turns, quick) for _ in range(30)), return_exceptions=True)

    assert burst == [None] * 30
    assert (await _slow_spell(turns, behind=0)).retry_after == pytest.approx(60.0, abs=10.0)


async def _slow_spell(turns: Turns, behind: int) -> EndpointBusy:
    """As many as may be are under way for ten minutes; what the first without a turn hears."""
    loop, answers = asyncio.get_running_loop(), asyncio.Event()
    assert isinstance(loop, Ahead)
    tasks = [asyncio.create_task(_send(turns, answers)) for _ in range(MOST_UNDER_WAY + 1)]
    await asyncio.sleep(0)
    loop.by += 600.0
    with pytest.raises(EndpointBusy) as busy:
        await tasks.pop()
    for _ in range(behind):
        with pytest.raises(EndpointBusy):
            await _send(turns, answers)
    answers.set()
    await asyncio.gather(*tasks)
    return busy.value


async def _send(turns: Turns, answers: asyncio.Event) -> None:
    async with turns.one():
        await answers.wait()
        await asyncio.sleep(0)

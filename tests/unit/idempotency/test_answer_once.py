"""One effect and one reply under each key, whether the act is one transaction or asks somebody on its way."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from tests.crashes import Crash, Fuse
from tests.kept import STORES, kept_in
from tests.stories import TEA, Story, opened

from shopcore.idempotency.errors import KeyReused, RequestInProgress
from shopcore.idempotency.model import LEASE, RETENTION, Answer
from shopcore.kernel.actor import Actor, Guest, Staff, System
from shopcore.kernel.errors import Forbidden, InvalidInput, NotFound, ShopError, Unauthenticated, Unavailable

pytestmark = pytest.mark.anyio

GUEST = Guest(cart_token="a token")


@pytest.fixture(params=STORES)
async def story(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Story]:
    async with opened(tmp_path, **kept_in(request, request.param)) as told:
        await told.sell()
        yield told


@dataclass
class Desk:
    """Somebody who puts one more on the shelf with each request that has an effect."""

    story: Story
    refuses: ShopError | None = None
    runs: int = 0

    async def run(self) -> bytes:
        """The act."""
        self.runs += 1
        if self.refuses is not None:
            raise self.refuses
        item = await self.story.staff.stock.adjust(sku=TEA, by=1, reason="found one")
        return f"{item.on_hand} now".encode()

    async def ask(
        self, key: str = "key", body: bytes = b"body", actor: Actor = GUEST, *, in_steps: bool = False
    ) -> Answer:
        """One request."""
        return await self.story.shop.once(
            actor, act="count", key=key, body=body, run=self.run, refused=told, in_steps=in_steps
        )


def told(error: ShopError) -> bytes:
    """How a refusal reads."""
    return f"no: {error.detail}".encode()


@pytest.mark.parametrize("in_steps", [False, True])
async def test_the_same_request_has_one_effect_and_one_reply(story: Story, *, in_steps: bool) -> None:
    """However often it comes."""
    desk = Desk(story)
    first = await desk.ask(in_steps=in_steps)
    again = [await desk.ask(in_steps=in_steps) for _ in range(3)]

    assert first == Answer(body=b"6 now", replayed=False)
    assert again == [Answer(body=b"6 now", replayed=True)] * 3
    assert desk.runs == 1


@pytest.mark.parametrize("in_steps", [False, True])
async def test_twenty_at_once_are_one(story: Story, *, in_steps: bool) -> None:
    """Some are told to wait, where the first one is still on its way; the others get its reply."""
    desk = Desk(story)
    answers = await asyncio.gather(*(desk.ask(in_steps=in_steps) for _ in range(20)), return_exceptions=True)
    replies = [answer for answer in answers if isinstance(answer, Answer)]

    assert {answer.body for answer in replies} == {b"6 now"}
    assert sum(not answer.replayed for answer in replies) == 1
    assert all(isinstance(answer, Answer | RequestInProgress) for answer in answers)
    assert await story.level() == (6, 0)


@pytest.mark.parametrize("in_steps", [False, True])
@pytest.mark.parametrize("refusal", [NotFound("not here"), Forbidden("not you"), InvalidInput.of("a", "b", "c")])
async def test_a_refusal_is_kept_as_the_answer(story: Story, refusal: ShopError, *, in_steps: bool) -> None:
    """Though the same would be possible by now."""
    desk = Desk(story, refuses=refusal)
    first = await desk.ask(in_steps=in_steps)
    desk.refuses = None

    assert first == Answer(body=told(refusal), replayed=False)
    assert await desk.ask(in_steps=in_steps) == Answer(body=first.body, replayed=True)
    assert await story.level() == (5, 0)


@pytest.mark.parametrize("in_steps", [False, True])
@pytest.mark.parametrize("moment", [Unavailable("later"), Unauthenticated("who?")])
async def test_what_speaks_of_the_moment_is_not_kept(story: Story, moment: ShopError, *, in_steps: bool) -> None:
    """The same key may try again: at once, or when the lease of the first try is over."""
    desk = Desk(story, refuses=moment)
    with pytest.raises(type(moment)):
        await desk.ask(in_steps=in_steps)
    desk.refuses = None
    await story.clock.advance(LEASE.total_seconds() if in_steps else 0)

    assert await desk.ask(in_steps=in_steps) == Answer(body=b"6 now", replayed=False)


async def test_another_body_or_another_person_is_another_request(story: Story) -> None:
    """The first is refused, the second is its own."""
    desk = Desk(story)
    await desk.ask()
    with pytest.raises(KeyReused):
        await desk.ask(body=b"other")
    assert (await desk.ask(actor=Guest(cart_token="another"))).body == b"7 now"
    assert (await desk.ask(actor=Staff(name="clerk"))).body == b"8 now"
    with pytest.raises(InvalidInput):
        await desk.ask(actor=Guest())


def at(name: str) -> Callable[[Story], None]:
    """A process that dies at the boundary of that name, the second time it comes there."""

    class There(Fuse):
        passed = 0

        def burn(self, boundary: str) -> None:
            self.passed += boundary == name
            if self.passed == 2:
                raise Crash(boundary)

    def die(story: Story) -> None:
        story.reopen(There())

    return die


async def test_an_act_in_steps_that_died_before_its_answer_is_run_again(story: Story) -> None:
    """After its lease, by a retry, under the same key; until then the retry is told to wait."""
    desk = Desk(story)

    async def safe_to_run_again() -> bytes:
        desk.runs += 1
        item = await story.staff.stock.adjust(sku=TEA, to=9, reason="counted")
        return f"{item.on_hand} now".encode()

    desk.run = safe_to_run_again  # type: ignore[method-assign]
    at("after commit")(story)
    with pytest.raises(Crash):
        await desk.ask(in_steps=True)
    story.reopen()
    with pytest.raises(RequestInProgress) as wait:
        await desk.ask(in_steps=True)
    assert wait.value.retry_after == LEASE.total_seconds()

    await story.clock.advance(LEASE.total_seconds())
    assert await desk.ask(in_steps=True) == Answer(body=b"9 now", replayed=False)
    assert desk.runs == 2
    assert await story.level() == (9, 0)


async def test_an_act_of_one_transaction_that_died_has_happened_or_has_not(story: Story) -> None:
    """Before its commit nothing is there, after it everything is: the retry finds out which."""
    desk = Desk(story)
    story.reopen(Fuse(1))
    with pytest.raises(Crash):
        await desk.ask()
    story.reopen()
    assert await desk.ask() == Answer(body=b"6 now", replayed=False)

    story.reopen(Fuse(4))  # the act's own unit of work is one boundary more, on each side
    with pytest.raises(Crash):
        await desk.ask("other")
    story.reopen()
    assert await desk.ask("other") == Answer(body=b"7 now", replayed=True)


async def test_who_was_taken_over_does_not_answer_twice(story: Story) -> None:
    """The slow first one finds that its key is somebody else's; the reply is the second one's, for both."""
    desk = Desk(story)
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow() -> bytes:
        begun.set()
        await gate.wait()
        return b"too late"

    async def quick() -> bytes:
        return b"in time"

    desk.run = slow  # type: ignore[method-assign]
    first = asyncio.create_task(desk.ask(in_steps=True))
    await begun.wait()
    await story.clock.advance(LEASE.total_seconds())
    desk.run = quick  # type: ignore[method-assign]
    assert (await desk.ask(in_steps=True)).body == b"in time"
    gate.set()
    with pytest.raises(RequestInProgress):
        await first
    assert await desk.ask(in_steps=True) == Answer(body=b"in time", replayed=True)


async def test_keys_are_kept_for_a_day_and_then_forgotten_all_of_them(story: Story) -> None:
    """With the replies they hold, however many there are; only the shop itself and who may can forget them."""
    desk = Desk(story)
    await desk.ask()
    await story.clock.advance((RETENTION - timedelta(minutes=1)).total_seconds())
    forget = story.shop._cases.upkeep.forget_old_claims
    assert await forget(System(kind="schedule")) == 0
    assert (await desk.ask()).replayed

    desk.refuses = NotFound("cheap")
    await asyncio.gather(*(desk.ask(f"key {number}") for number in range(1_200)))
    await story.clock.advance((RETENTION + timedelta(minutes=2)).total_seconds())
    assert await forget(System(kind="schedule")) == 1_201
    with pytest.raises(Unauthenticated):
        await forget(Guest())
    with pytest.raises(Forbidden):
        await forget(Staff(name="reader"))

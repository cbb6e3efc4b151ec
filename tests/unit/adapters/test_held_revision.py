"""The revision that a process holds: its own changes end it at once, a word ends it, and half a second does."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shopcore.adapters.redis.revision import HOLD_SECONDS, AnnouncedUnits, CatalogChanges, HeldRevision
from shopcore.catalog.events import ProductChanged
from shopcore.kernel.ids import ProductId
from shopcore.testing.clock import NEW_YEAR

pytestmark = pytest.mark.anyio

CHANGED = ProductChanged(at=NEW_YEAR, product_id=ProductId("p1"))


class Words:
    """The signals of one process, spoken by the test."""

    def __init__(self) -> None:
        self.is_live = True
        self.sent: list[bytes] = []
        self.hear: Callable[[], None] = lambda: None

    def on(self, word: bytes, call: Callable[[], None]) -> None:
        self.hear = call

    def listen(self) -> None:
        pass

    def send(self, word: bytes) -> None:
        self.sent.append(word)


class Store:
    """Counts how often it is asked, and answers when the gate is open."""

    def __init__(self) -> None:
        self.number = 1
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def current(self) -> int:
        self.asked += 1
        number = self.number
        await self.gate.wait()
        return number


class Process:
    """One server, its store, and what it hears."""

    def __init__(self) -> None:
        self.words, self.store, self.time = Words(), Store(), 0.0
        words: Any = self.words
        self.changes = CatalogChanges(words)
        self.held = HeldRevision(self.store, self.changes, now=lambda: self.time)


@pytest.fixture
async def process() -> Process:
    return Process()


async def test_it_is_asked_for_once_while_words_come_through(process: Process) -> None:
    for _ in range(100):
        assert await process.held.current() == 1

    assert process.store.asked == 1


async def test_it_is_held_for_half_a_second_at_most(process: Process) -> None:
    """A word may be lost."""
    await process.held.current()
    process.store.number = 2
    process.time = HOLD_SECONDS

    assert await process.held.current() == 2


async def test_a_word_ends_it_at_once(process: Process) -> None:
    await process.held.current()
    process.store.number = 2
    process.words.hear()

    assert await process.held.current() == 2


async def test_while_nothing_is_heard_every_look_asks_the_store(process: Process) -> None:
    await process.held.current()
    process.words.is_live = False
    for number in range(2, 6):
        process.store.number = number

        assert await process.held.current() == number


async def test_a_change_while_the_store_is_asked_is_not_missed(process: Process) -> None:
    """Who comes after the change does not join the look that began before it, and what that one finds is not held."""
    process.store.gate.clear()
    before = asyncio.create_task(process.held.current())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    process.store.number = 2
    process.words.hear()
    after = asyncio.create_task(process.held.current())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    process.store.gate.set()

    assert (await before, await after) == (1, 2)
    assert await process.held.current() == 2


async def test_all_who_want_to_know_now_share_one_look(process: Process) -> None:
    numbers = await asyncio.gather(*(process.held.current() for _ in range(50)))

    assert set(numbers) == {1}
    assert process.store.asked == 1


async def test_no_look_outlives_its_store(process: Process) -> None:
    """Nor does one whose asker has gone away: who closes the store waits for it."""
    process.store.gate.clear()
    asker = asyncio.create_task(process.held.current())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asker.cancel()
    settled = asyncio.create_task(process.held.settle())
    await asyncio.wait([settled], timeout=0.01)
    waited = not settled.done()
    process.store.gate.set()
    await settled
    await process.held.settle()

    assert (process.store.asked, waited) == (1, True)


class Units:
    """A store whose unit of work may fail at its end."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def __call__(self, work: Any) -> Any:
        result = await work()
        if self._error:
            raise self._error
        return result

    async def in_order(self, *works: Any) -> None:
        for work in works:
            await work()


@pytest.mark.parametrize("error", [None, RuntimeError("nobody knows whether it is durable")])
async def test_a_unit_that_changed_the_catalogue_tells_everybody_once_it_is_over(
    process: Process, error: Exception | None
) -> None:
    """This process before its caller has the answer; not before the end, when others would still read the old one."""
    units = AnnouncedUnits(Units(error), process.changes)
    heard_inside: list[int] = []

    async def inner() -> None:
        process.changes.note([CHANGED, CHANGED])

    async def work() -> None:
        await AnnouncedUnits(Units(), process.changes)(inner)
        heard_inside.append(process.changes.count)

    await asyncio.gather(units(work), return_exceptions=True)

    assert heard_inside == [0]
    assert process.changes.count == 1
    assert len(process.words.sent) == 1


async def test_a_unit_that_changed_nothing_says_nothing(process: Process) -> None:
    units = AnnouncedUnits(Units(), process.changes)

    async def work() -> None:
        process.changes.note([])

    await units.in_order(work, work)

    assert process.words.sent == []

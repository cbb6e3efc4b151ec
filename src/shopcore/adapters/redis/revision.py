"""The catalogue's revision, known without asking the store for each page."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import TypeVar

from shopcore.adapters.redis.signals import Signals
from shopcore.catalog.events import ProductChanged
from shopcore.catalog.ports import CatalogRevision
from shopcore.kernel.events import Event
from shopcore.kernel.unit_of_work import UnitOfWork, Work

HOLD_SECONDS = 0.5
"""For how long a number is held without a word: what bounds the age of a price when a word was lost."""

_WORD = b"catalogue"

T = TypeVar("T")

_noted: ContextVar[list[Event] | None] = ContextVar("catalogue_changes_of_unit", default=None)


class CatalogChanges:
    """Counts the changes of the catalogue that this process knows of: its own at once, those of others by a word."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self.count = 0
        signals.on(_WORD, self._heard)

    @property
    def are_heard(self) -> bool:
        """Whether words come through. The first call begins to listen."""
        self._signals.listen()
        return self._signals.is_live

    def note(self, events: Sequence[Event]) -> None:
        """What happens in the unit in progress."""
        changes, noted = [event for event in events if isinstance(event, ProductChanged)], _noted.get()
        if noted is not None:
            noted.extend(changes)
        elif changes:
            self._tell()

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Around a unit of work: tells everybody afterwards, also where it is not known whether it is durable."""
        if _noted.get() is not None:  # inside another one, which decides
            yield
            return
        noted: list[Event] = []
        token = _noted.set(noted)
        try:
            yield
        finally:
            _noted.reset(token)
            if noted:
                self._tell()

    def _tell(self) -> None:
        self.count += 1
        self._signals.send(_WORD)

    def _heard(self) -> None:
        self.count += 1


class HeldRevision:
    """Holds the store's number until somebody says that it changed, or for half a second.

    While no words come through it holds nothing, and every look asks the store.
    """

    def __init__(
        self, store: CatalogRevision, changes: CatalogChanges, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._changes = changes
        self._now = now
        self._number = 0
        self._held_at = -1  # that many changes
        self._held_until = 0.0
        self._asking: tuple[int, asyncio.Task[int]] | None = None
        self.held = 0
        self.asked = 0

    async def current(self) -> int:
        """See the port: within half a second for changes of another process, at once for those of this one."""
        count = self._changes.count
        if self._held_at == count and self._now() < self._held_until and self._changes.are_heard:
            self.held += 1
            return self._number
        if self._asking is None or self._asking[0] != count:
            # One look for all who want to know now; who comes after a change does not join one that began before it.
            self._asking = (count, asyncio.create_task(self._ask(count), context=Context()))
        return await asyncio.shield(self._asking[1])

    async def settle(self) -> None:
        """Wait for the look that is under way, also where nobody waits any more: the store is about to close."""
        if self._asking is not None:
            await asyncio.gather(self._asking[1], return_exceptions=True)

    async def _ask(self, count: int) -> int:
        began, heard = self._now(), self._changes.are_heard
        self.asked += 1
        try:
            number = await self._store.current()
        finally:
            if self._asking is not None and self._asking[0] == count:
                self._asking = None
        if heard and count == self._changes.count:
            self._number, self._held_at, self._held_until = number, count, began + HOLD_SECONDS
        return number


class AnnouncedUnits:
    """The store's unit of work; once one has changed the catalogue, everybody is told."""

    def __init__(self, store: UnitOfWork, changes: CatalogChanges) -> None:
        self._store = store
        self._changes = changes

    async def __call__(self, work: Work[T]) -> T:
        """See the port."""
        with self._changes.unit():
            return await self._store(work)

    async def in_order(self, *works: Work[object]) -> None:
        """See the port."""
        with self._changes.unit():
            await self._store.in_order(*works)

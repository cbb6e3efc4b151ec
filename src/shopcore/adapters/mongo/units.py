"""A unit of work in progress, and how the code that is part of it is told from code that is not."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from pymongo.asynchronous.client_session import AsyncClientSession

from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.turns import Key, Turns
from shopcore.kernel.stores import StoreBusy

Session: TypeAlias = AsyncClientSession | None
"""What every call to the driver is given: the transaction in progress, or None outside of one."""


class Unit:
    """One unit, over all its tries. `failure` is what spoiled the present one, whatever its body made of it."""

    def __init__(self, turns: Turns, deadline: float, *wanted: Key) -> None:
        self.deadline = deadline
        self.session: Session = None
        self.task: asyncio.Task[object] | None = None
        self.failure: Exception | None = None
        self.after_commit: list[Callable[[], None]] = []
        self.at_end: list[Callable[[], None]] = []
        self.written: set[str] = set()
        self.tries = 0
        self._turns = turns
        self._wanted = set(wanted)
        self._held: set[Key] = set()

    @contextmanager
    def trying(self, session: Session) -> Iterator[None]:
        """The next try. After it, whoever still has this in its context is no part of it any more."""
        self.tries += 1
        self.session, self.task, self.failure = session, asyncio.current_task(), None
        self.after_commit, self.written = [], set()
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)
            self.session = self.task = None

    def claim(self, key: Key) -> None:
        """Take the turn to write a document, before it is read. Raises `TryAgain` if another has it: what this try has
        read is older than what that one writes, so there is no use in going on.
        """
        if key in self._held:
            return
        self._wanted.add(key)
        if not self._turns.take_free(key):
            self.failure = TryAgain()
            raise self.failure
        self._held.add(key)

    @property
    def lacks_turns(self) -> bool:
        """Whether the last try ended because another had a turn that it wanted."""
        return not self._wanted <= self._held

    async def take_turns(self) -> None:
        """Before a try: wait for every turn that the last one wanted, in one order for all, so that none waits for one
        who waits for it. Raises `StoreBusy`.
        """
        if not self.lacks_turns:
            return
        self.give_back()
        try:
            async with asyncio.timeout_at(self.deadline):
                for key in sorted(self._wanted):
                    await self._turns.take(key)
                    self._held.add(key)
        except TimeoutError:
            raise StoreBusy from None

    def give_back(self) -> None:
        """Let the next ones have their turns."""
        held, self._held = self._held, set()
        self._turns.give_back(held)


_current: ContextVar[Unit | None] = ContextVar("mongo_unit", default=None)


def current_unit() -> Unit | None:
    """The unit that the calling code is part of.

    Tasks that a unit starts inherit its context. Once it is over they are on their own; while it runs they are refused
    with `RuntimeError`: in the transaction they would run beside it, outside of it they would not be undone with it.
    """
    unit = _current.get()
    if unit is None or unit.task is None:
        return None
    if unit.task is not asyncio.current_task():
        unit.failure = RuntimeError("a unit of work asked the store from another task")
        raise unit.failure
    return unit

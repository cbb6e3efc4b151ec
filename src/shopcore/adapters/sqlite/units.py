"""Units of work on their way through the writer, and how their callers hear what became of them."""

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from shopcore.adapters.sqlite.errors import translated
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.stores import StoreBusy, StoreUnusable


class Unit:
    """One unit of work: the body, the context of its caller, and the answer that the caller waits for."""

    __slots__ = ("after_commit", "answer", "context", "deadline", "loop", "taken", "work")

    def __init__(
        self, work: Callable[[], Coroutine[Any, Any, Any]], loop: asyncio.AbstractEventLoop, wait_seconds: float
    ) -> None:
        self.work = work
        self.loop = loop
        self.deadline = time.monotonic() + wait_seconds  # by then it has begun, or is refused
        self.context = contextvars.copy_context()
        self.answer: asyncio.Future[Any] = loop.create_future()
        self.taken = threading.Lock()
        self.after_commit: list[Callable[[], None]] = []

    def take(self) -> bool:
        """Whoever takes it first decides: the writer runs it, or the caller has given up waiting."""
        return self.taken.acquire(blocking=False)

    def give_up(self) -> None:
        """The caller has waited long enough. A unit that has begun is waited for to its end."""
        if self.take() and not self.answer.done():
            self.answer.set_exception(StoreBusy())

    def run(self) -> Any:
        """Step the body to its end, in a fresh copy of its caller's context."""
        self.after_commit = []
        return self.context.copy().run(self._step)

    def _step(self) -> Any:
        body = self.work()
        try:
            body.send(None)
        except StopIteration as end:
            return end.value
        body.close()
        raise RuntimeError("a unit of work awaited something that is not the store")


class Outcome:
    """What became of a unit within its group, until the commit decides."""

    __slots__ = ("error", "unit", "value")

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.value: Any = None
        self.error: BaseException | None = None

    def refuse(self, error: BaseException) -> None:
        """Nothing of it was written, through no fault of its own."""
        answer = translated(error)
        if not isinstance(answer, Unavailable):
            answer = StoreUnusable(str(error) or type(error).__name__)
            answer.__cause__ = error
        self.error = answer

    def deliver(self) -> None:
        """Wake the caller; runs in its event loop. One that was cancelled meanwhile is not there to be told."""
        answer = self.unit.answer
        if answer.done():
            pass
        elif self.error is None:
            answer.set_result(self.value)
        else:
            answer.set_exception(self.error)
        if self.error is None:
            for callback in self.unit.after_commit:
                self.unit.loop.call_soon(callback)  # of its own, so that one that fails harms nobody else


def announce(outcomes: list[Outcome]) -> None:
    """Wake all callers of a group, with one signal to each event loop rather than one to each caller."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.unit.loop, []).append(outcome)
    for loop, group in by_loop.items():
        # A loop that was closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_deliver_all, group)


def _deliver_all(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        outcome.deliver()

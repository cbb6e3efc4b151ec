"""Do what was leased, and say what becomes of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from shopcore.jobs.model import (
    Job,
    Outcome,
    complete,
    fail,
    give_up,
    hand_back,
    put_off,
    seconds_left,
    unknown,
    wait_until,
)
from shopcore.jobs.ports import Chance
from shopcore.kernel.clock import Clock
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import ShopError
from shopcore.kernel.ids import JobId

Payload: TypeAlias = Mapping[str, str]
Portion: TypeAlias = Sequence[Job]
"""What one handler is given at once."""

_Task: TypeAlias = "asyncio.Task[Mapping[JobId, Outcome]]"
Handler: TypeAlias = Callable[[Payload], Awaitable[None]]
Report: TypeAlias = Callable[[Job, Exception], None]
"""Where the edge is told of a failed job, to log it."""


@dataclass(frozen=True, slots=True)
class Together:
    """A handler of several jobs of its kind at once, for where that costs less than one after the other.

    It answers for each payload, in their order, None for done, or the error that a handler of one would have raised.
    What it raises itself holds for all of them. A job comes to it with others at its first try only, later by itself:
    one that is the end of the batch harms its neighbours once.
    """

    handle: Callable[[Sequence[Payload]], Awaitable[Sequence[Exception | None]]]


Handlers: TypeAlias = Mapping[str, Handler | Together]


@dataclass(frozen=True, kw_only=True, slots=True)
class DoJobs:
    """Runs handlers, side by side, within the time that their jobs are leased for. Nothing is written here."""

    handlers: Handlers
    clock: Clock
    chance: Chance
    report: Report

    def portions(self, leased: Sequence[Job]) -> Sequence[Portion]:
        """A kind that is handled together in one portion, others by themselves."""
        together: dict[str, list[Job]] = {}
        alone: list[Portion] = []
        for job in leased:
            if job.attempts == 1 and isinstance(self.handlers.get(job.kind), Together):
                together.setdefault(job.kind, []).append(job)
            else:
                alone.append((job,))
        return [*together.values(), *alone]

    async def outcomes(self, jobs: Portion) -> Mapping[JobId, Outcome]:
        """What becomes of a portion. It changes the context of its task; whoever has to stop cancels that."""
        correlation_id.set(_cause_of(jobs[0]))
        handler = self.handlers.get(jobs[0].kind)
        if handler is None:
            now, jitter = self.clock.now(), self.chance.fraction()
            return {job.id: partial(unknown, now=now, jitter=jitter) for job in jobs}
        try:
            if not isinstance(handler, Together):
                await handler(jobs[0].payload)
                return {jobs[0].id: complete}
            answers = await handler.handle([job.payload for job in jobs])
            return {job.id: self.outcome(job, answer) for job, answer in zip(jobs, answers, strict=True)}
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            # Nobody stops it: the handler did that itself.
            return {job.id: partial(self._failed, error=type(error).__name__) for job in jobs}
        # The edge of every handler: whatever a bug raises, its job must be tried again and the other jobs go on.
        except Exception as error:  # noqa: BLE001
            return {job.id: self.outcome(job, error) for job in jobs}

    def outcome(self, job: Job, error: Exception | None) -> Outcome:
        """What becomes of a job that is done, or has failed like that."""
        if error is None:
            return complete
        if isinstance(error, ShopError):
            return self._refused(job, error)
        self.tell(job, error)
        # Only the type is stored: the text of an unexpected error may hold anything, personal values included.
        return partial(self._failed, error=type(error).__name__)

    def tell(self, job: Job, error: Exception) -> None:
        """Let the edge know, in the name of whatever caused the job."""
        token = correlation_id.set(_cause_of(job))
        try:
            self.report(job, error)
        finally:
            correlation_id.reset(token)

    def _refused(self, job: Job, error: ShopError) -> Outcome:
        text, now = f"{error.code}: {error.detail}", self.clock.now()
        if error.is_untried:  # whoever found that out has told it
            return partial(put_off, error=text, now=now, jitter=self.chance.fraction(), pause=error.retry_after)
        self.tell(job, error)
        if error.again_at is not None:
            return partial(wait_until, error=text, now=now, run_at=error.again_at)
        return partial(give_up, error=text, now=now) if error.is_final else partial(self._failed, error=text)

    def _failed(self, job: Job, *, error: str) -> Job:
        return fail(job, error, self.clock.now(), self.chance.fraction())


class Doing:
    """Jobs that were leased in one moment: each portion in a task of its own, all with one end to their time."""

    def __init__(self, do_jobs: DoJobs, leased: Sequence[Job]) -> None:
        self._do_jobs = do_jobs
        self._waiting = leased
        self._tasks: dict[_Task, Portion] = {}
        self._end: asyncio.Task[None] | None = None
        self._beyond: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether everybody has been told about."""
        return not self._tasks and not self._waiting

    async def some(self) -> Mapping[JobId, Outcome]:
        """What becomes of those that have ended since, once there are any; none at the beginning and at the end."""
        if self._waiting:
            return await self._begin()
        is_late = self._end is None
        ended, _ = await asyncio.wait(self._under_way(), return_when=asyncio.FIRST_COMPLETED)
        if self._end in ended:
            self._end = None
            self._cancel()
        return dict(each for task in list(self._tasks) if task in ended for each in self._taken(task, is_late=is_late))

    async def _begin(self) -> Mapping[JobId, Outcome]:
        clock, first = self._do_jobs.clock, self._waiting[0]
        if (left := seconds_left(first, clock.now())) <= 0:
            return self._handed_back()
        await clock.within(left, self._begin_all())
        self._end = asyncio.create_task(self._end_of(first))
        return {}

    async def _begin_all(self) -> None:
        """Tasks are told how long they have, as whatever is begun within that time is."""
        leased, self._waiting = self._waiting, ()
        self._tasks = {
            asyncio.create_task(self._do_jobs.outcomes(jobs)): jobs for jobs in self._do_jobs.portions(leased)
        }

    async def _end_of(self, job: Job) -> None:
        """The end of the time for the work, by the clock that tells it elsewhere."""
        clock = self._do_jobs.clock
        if (left := seconds_left(job, clock.now())) > 0:
            with suppress(TimeoutError):
                await clock.within(left, asyncio.get_running_loop().create_future())

    def _under_way(self) -> "set[asyncio.Task[Any]]":
        return {*self._tasks, *(() if self._end is None else (self._end,))}

    def _handed_back(self) -> Mapping[JobId, Outcome]:
        leased, self._waiting = self._waiting, ()
        return dict.fromkeys((job.id for job in leased), hand_back)

    async def stopped(self) -> Mapping[JobId, Outcome]:
        """What becomes of the others, as they have to stop now: those that are not done are handed back."""
        self._cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        ended = dict(each for task in list(self._tasks) for each in self._taken(task, is_late=False))
        return {**self._handed_back(), **ended}

    def close(self) -> None:
        """Nobody asks any more. Raises what is no handler's error, and nobody's to keep: the end of the process."""
        if self._end is not None:
            self._end.cancel()
        if self._beyond is not None:
            raise self._beyond

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()  # a no-op on what is done

    def _taken(self, task: _Task, *, is_late: bool) -> Iterable[tuple[JobId, Outcome]]:
        jobs = self._tasks.pop(task)
        if task.cancelled():
            return [(job.id, self._do_jobs.outcome(job, TimeoutError()) if is_late else hand_back) for job in jobs]
        if beyond := task.exception():  # the jobs' leases lapse
            self._beyond = beyond
            return []
        return task.result().items()


def _cause_of(job: Job) -> str:
    return job.correlation_id or job.id

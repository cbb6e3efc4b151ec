"""The distributed store: a MongoDB replica set, its transactions, and a deadline on every call."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, TypeAlias, TypeVar

import pymongo
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConnectionFailure, PyMongoError

from shopcore.adapters.mongo.answers import LEAST_SHARE, Asking, admitting, asking, asking_within, begin_asking
from shopcore.adapters.mongo.breaker import StoreBreaker
from shopcore.adapters.mongo.calls import Step, joined, told
from shopcore.adapters.mongo.connection import PAST, connect, prepare
from shopcore.adapters.mongo.errors import TryAgain, translated
from shopcore.adapters.mongo.schema.declaration import Collection, Document
from shopcore.adapters.mongo.schema.migration import migrate, version_of
from shopcore.adapters.mongo.sightings import Sightings
from shopcore.adapters.mongo.transactions import Transactions, time_until
from shopcore.adapters.mongo.turns import Turns
from shopcore.adapters.mongo.units import Session, Unit, current_unit
from shopcore.kernel.deadline import seconds_left
from shopcore.kernel.stores import StoreBusy, StoreUnreachable
from shopcore.kernel.unit_of_work import Work

T = TypeVar("T")
Find: TypeAlias = Callable[[AsyncCollection[Document], Session], Awaitable[T]]
_CLOSE_SECONDS = 1.0
_SCAN_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.100  # seconds; doubled by each conflict with another process, and jittered


class MongoDatabase:
    """Made by `MongoDatabase.open`, ended by `close`. Repositories are thin classes over `read`, `once`, `guarded` and
    `write`.

    Inside a unit of work all of them join its transaction. All raise `Unavailable` within `wait_seconds` when the store
    does not answer, and whatever their step raises. It belongs to the event loop that opened it.
    """

    def __init__(
        self, client: AsyncMongoClient[Document], name: str, wait_seconds: float, chance: Callable[[], float]
    ) -> None:
        self._database = prepare(client, name)
        self._client = client
        self._wait_seconds = wait_seconds
        self._chance = chance
        self._turns = Turns()
        self._transactions = Transactions(client)
        self._breaker = StoreBreaker(time.monotonic)
        self._sightings = Sightings(client)

    @classmethod
    async def open(cls, url: str, *, chance: Callable[[], float], wait_seconds: float = 2.0) -> "MongoDatabase":
        """Connect, refuse what a shop cannot be kept in, and bring the schema up to date.

        `wait_seconds` is the deadline of each call and of each unit, unless that of the request is earlier. `chance`
        gives numbers from 0 to 1, for jitter. Raises `StoreUnusable`, which says what to do.
        """
        client, name = await connect(url)
        try:
            await migrate(prepare(client, name))
        except PyMongoError as error:
            await client.close()
            raise translated(error) from error
        except BaseException:
            await client.close()
            raise
        return cls(client, name, wait_seconds, chance)

    async def close(self) -> None:
        """Let go of every connection; a server that is gone is not waited for to say goodbye to."""
        await self._transactions.settle()
        with pymongo.timeout(_CLOSE_SECONDS):
            await self._client.close()

    def collection(self, declared: Collection) -> AsyncCollection[Document]:
        """For the steps of a repository: majority in both directions, journaled."""
        return self._database[declared.name]

    async def read(self, step: Step[T], wait: float | None = None) -> T:
        """Run look-ups. Outside of a unit each statement sees what a majority has confirmed."""
        unit = current_unit()
        if unit is not None:
            return await joined(unit, step)
        wait = wait or self._wait()
        with self._breaker.guarding(), asking_within(wait):
            return await told(step, None)

    async def read_past(self, declared: Collection, find: Find[T], wait: float | None = None) -> T:
        """Run a look-up whose answer may be some seconds old, two minutes at worst: on a secondary, where there is one.
        Inside a unit it is told what the unit sees.
        """
        unit = current_unit()
        collection = self.collection(declared)
        if unit is None:
            collection = collection.with_options(read_preference=PAST)
        return await self.read(lambda session: find(collection, session), wait)

    async def scan(self, declared: Collection, find: Find[T]) -> T:
        """As `read_past`, for what goes through much of a collection: for up to a minute."""
        return await self.read_past(declared, find, seconds_left(_SCAN_SECONDS, time.monotonic()))

    async def look(self, step: Step[T]) -> T:
        """Run a look-up, and remember as of when it was answered, for `read_seen`."""
        if current_unit() is not None:
            return await self.read(step)
        wait = self._wait()
        with self._breaker.guarding(), asking_within(wait):
            async with self._sightings.looking() as session:
                return await told(step, session)

    async def read_seen(self, declared: Collection, find: Find[T]) -> T:
        """Run a look-up on a secondary, where there is one, of nothing older than what `look` was told last; on the
        primary, where the secondaries do not catch up in half the time that there is.
        """
        collection = self.collection(declared)
        if current_unit() is None and not self._breaker.is_open:
            past = collection.with_options(read_preference=PAST)
            wait = self._wait()
            with suppress(StoreBusy, StoreUnreachable), asking_within(wait / 2):
                async with self._sightings.caught_up() as seen:
                    return await told(lambda session: find(past, session), seen)
        return await self.read(lambda session: find(collection, session))

    async def once(self, step: Step[T]) -> T:
        """Run one statement that is atomic by itself, such as an insert or a guarded `$inc`: no transaction is paid.
        Where its answer is lost, it may be there all the same: `StoreUndecided`. So each is one to be made again.
        """
        if current_unit() is not None:
            return await self.read(step)
        with asking_within(self._wait()) as asked, admitting(asked), self._breaker.guarding():
            return await told(step, None)

    async def latest(self, declared: Collection, step: Step[T]) -> T:
        """Run look-ups that see a collection as it is now, also within a transaction, unless that has written there."""
        unit = current_unit()
        if unit is None or declared.name in unit.written:
            return await self.read(step)
        return await told(step, None)

    async def guarded(self, declared: Collection, document_id: str, step: Step[T]) -> T:
        """Run a step that reads one document and writes it back under a guard. Where the guard finds that another was
        faster, the step raises `TryAgain`, and is run again.
        """
        unit = current_unit()
        key = declared.name, document_id
        if unit is not None:
            unit.claim(key)
            return await joined(unit, step)
        return await self._alone(Unit(self._turns, self._deadline(), key), step)

    async def beside(self, declared: Collection, document_id: str, step: Step[T]) -> T:
        """Run statements that never belong to a transaction, also where one is in progress: what they write stands,
        whatever becomes of the unit, so each can be taken again. One at a time for each document; `TryAgain` as in
        `guarded`.
        """
        unit = current_unit()
        if unit is None:
            return await self._alone(Unit(self._turns, self._deadline(), (declared.name, document_id)), step)
        unit.claim((declared.name, document_id))
        return await told(step, None)

    async def write(self, step: Step[T], *, seconds: float | None = None) -> T:
        """Run several statements in the unit in progress, or as a unit of their own, which may take so many seconds."""

        async def work() -> T:
            unit = current_unit()
            assert unit is not None
            return await joined(unit, step)

        return await self.run(work, seconds)

    async def run(self, work: Work[T], seconds: float | None = None) -> T:
        """Run a unit of work; see `shopcore.kernel.unit_of_work.UnitOfWork`."""
        if current_unit() is not None:
            return await work()
        unit = Unit(self._turns, self._deadline(seconds))
        try:
            value = await self._until_done(unit, lambda: self._transactions.run(unit, work))
        finally:
            for call in unit.at_end:
                call()
        for callback in unit.after_commit:
            asyncio.get_running_loop().call_soon(callback)
        return value

    def was_tried(self) -> bool:
        """In a unit: whether this is not its first try. A first one may add without looking, where what it adds is new
        as a rule: should it not be, the server undoes the transaction, and the next try looks.
        """
        return _required(current_unit()).tries > 1

    def claim(self, declared: Collection, document_id: str) -> None:
        """In a unit, before reading what will be written: see `Unit.claim`."""
        _required(current_unit()).claim((declared.name, document_id))

    def has_written(self, declared: Collection) -> None:
        """In a unit, after writing to a collection that is read by `latest`."""
        _required(current_unit()).written.add(declared.name)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this, in the event loop, once the unit in progress is durable; dropped if it is undone."""
        _required(current_unit()).after_commit.append(callback)

    def at_end(self, call: Callable[[], None]) -> None:
        """Call this when the unit in progress is over, before its caller goes on, however it ended. Must not fail."""
        _required(current_unit()).at_end.append(call)

    async def ping(self) -> None:
        """Ask the primary. Raises `Unavailable`."""
        await self.read(lambda _: self._database.command("ping"))

    async def version(self) -> int:
        """The version of the schema."""
        return await self.read(lambda _: version_of(self._database))

    async def migrate(self) -> int:
        """Bring every collection to what is declared, also where nothing seems to be missing; answers the version."""
        with self._breaker.guarding():
            return await told(lambda _: migrate(self._database, anew=True), None)

    async def _alone(self, unit: Unit, step: Step[T]) -> T:
        async def attempt() -> T:
            begin_asking()
            with pymongo.timeout(time_until(unit.deadline)):
                return await told(step, None)

        return await self._until_done(unit, attempt, admitting)

    def _wait(self) -> float:
        """How long a call may take: not beyond the deadline of the request or job that it is for.

        With next to nothing left it is not made: should it fail, nobody would know whose fault that was.
        """
        wait = seconds_left(self._wait_seconds, time.monotonic())
        if wait < self._wait_seconds * LEAST_SHARE:
            raise StoreBusy
        return wait

    def _deadline(self, seconds: float | None = None) -> float:
        return asyncio.get_running_loop().time() + (self._wait() if seconds is None else seconds)

    async def _until_done(
        self,
        unit: Unit,
        attempt: Callable[[], Awaitable[T]],
        admits: Callable[[Asking], AbstractContextManager[object]] = nullcontext,
    ) -> T:
        with asking(self._wait_seconds) as asked, admits(asked), self._breaker.guarding():
            try:
                for tries in itertools.count():
                    await unit.take_turns()
                    try:
                        return await attempt()
                    except TryAgain as conflict:
                        await self._pause(unit, tries, conflict)
            finally:
                unit.give_back()
        raise AssertionError("the loop has no other end")

    async def _pause(self, unit: Unit, tries: int, conflict: TryAgain) -> None:
        """Before another try: none when a turn is to be waited for, more and more after conflicts with others."""
        cause = conflict.__cause__
        if cause is None and not unit.lacks_turns:
            cause = StoreBusy()
        pause = self._chance() * min(_FIRST_PAUSE * 2 ** min(tries, 10), _LONGEST_PAUSE) if cause else 0.0
        if asyncio.get_running_loop().time() + pause >= unit.deadline:
            raise translated(cause) if isinstance(cause, ConnectionFailure) else StoreBusy()
        await asyncio.sleep(pause)


class MongoUnitOfWork:
    """The unit of work of the distributed store."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def __call__(self, work: Work[T]) -> T:
        """See the port."""
        return await self._database.run(work)

    async def in_order(self, *works: Work[Any]) -> None:
        """Only the last is a transaction: the steps before it promise stock, which no transaction may, and read what
        that needs. Within a unit all join it.
        """
        *steps, last = works
        for step in steps:
            await step()
        await self._database.run(last)


def _required(unit: Unit | None) -> Unit:
    if unit is None:
        raise RuntimeError("this is for code inside a unit of work")
    return unit

"""Transactions as the driver's documentation asks for them, with a bound on how many run at once.

mongodb.com/docs/manual/core/transactions-in-applications: run again from the start on `TransientTransactionError`, ask
again for the commit on `UnknownTransactionCommitResult`. The driver's own `with_transaction` is not used: it goes on
for two minutes, and knows neither turns nor deadlines.
"""

import asyncio
import contextvars
from typing import TypeVar

import pymongo
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from shopcore.adapters.mongo.answers import begin_asking
from shopcore.adapters.mongo.connection import DURABLE
from shopcore.adapters.mongo.errors import TryAgain, is_conflict, is_unknown_commit, translated
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Unit
from shopcore.kernel.stores import StoreBusy, StoreUndecided
from shopcore.kernel.unit_of_work import Work

T = TypeVar("T")

MAX_TRANSACTIONS = 16  # at once: beyond that one server does no more of them, and the slowest wait ten times longer
_ABORT_SECONDS = 2.0  # an abort that is lost keeps its documents locked until the server's 60 seconds are over
_GRACE_SECONDS = 0.1  # a body that has not ended by then waits for something that is not the store
_COMMIT_PAUSE = 0.02


def time_until(deadline: float) -> float:
    """Until a deadline of the event loop's clock; the driver wants a little more than nothing."""
    return max(deadline - asyncio.get_running_loop().time(), 0.001)


class Transactions:
    """Runs one try of a unit of work in one transaction."""

    def __init__(self, client: AsyncMongoClient[Document]) -> None:
        self._client = client
        self._gate = asyncio.Semaphore(MAX_TRANSACTIONS)
        self._ending: set[asyncio.Task[None]] = set()

    async def run(self, unit: Unit, work: Work[T]) -> T:
        """Raises `TryAgain`, what the body raises, and `Unavailable`; nothing was applied then, but for
        `StoreUndecided`.
        """
        try:
            async with asyncio.timeout_at(unit.deadline):
                await self._gate.acquire()
        except TimeoutError:
            raise StoreBusy from None
        try:
            begin_asking()
            with pymongo.timeout(time_until(unit.deadline)):
                return await self._transact(unit, work)
        finally:
            self._gate.release()

    async def settle(self) -> None:
        """Wait for aborts that are under way."""
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _transact(self, unit: Unit, work: Work[T]) -> T:
        session = self._client.start_session()
        try:
            await session.start_transaction(ReadConcern("snapshot"), DURABLE, ReadPreference.PRIMARY)
            value = await _body(unit, session, work)
            await _commit(unit, session)
        finally:
            await self._end(unit, session)
        return value

    async def _end(self, unit: Unit, session: AsyncClientSession) -> None:
        """Abort what was not committed, to the end, although the caller may be cancelled or out of time, and does not
        wait for it beyond its deadline.
        """
        if not session.in_transaction:
            await session.end_session()
            return
        ending = asyncio.create_task(_abort(session), context=contextvars.Context())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        await asyncio.wait([ending], timeout=max(time_until(unit.deadline), _GRACE_SECONDS))


async def _body(unit: Unit, session: AsyncClientSession, work: Work[T]) -> T:
    with unit.trying(session):
        waiting = asyncio.timeout_at(unit.deadline + _GRACE_SECONDS)
        try:
            async with waiting:
                value = await work()
        except Exception as error:
            if unit.failure is not None and unit.failure is not error:
                raise unit.failure from error
            if waiting.expired() and isinstance(error, TimeoutError):
                raise StoreBusy from None
            raise
        if unit.failure is not None:
            raise unit.failure
    return value


async def _commit(unit: Unit, session: AsyncClientSession) -> None:
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not is_unknown_commit(error):
                raise (TryAgain() if is_conflict(error) else translated(error)) from error
            if asyncio.get_running_loop().time() + _COMMIT_PAUSE >= unit.deadline:
                raise StoreUndecided from error
            await asyncio.sleep(_COMMIT_PAUSE)
        else:
            return


async def _abort(session: AsyncClientSession) -> None:
    with pymongo.timeout(_ABORT_SECONDS):
        try:
            await session.abort_transaction()
        finally:
            await session.end_session()

"""The unit of work, on every store; and adapters that break its contract, which it notices."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.contracts.stores import Store, mongo_database

from shopcore.adapters.mongo.ledger import MongoLedger
from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.ledger import SqliteLedger
from shopcore.kernel.unit_of_work import UnitOfWork, Work
from shopcore.payments.ports import Ledger
from shopcore.testing.contracts.unit_of_work import UnitOfWorkContract

T = TypeVar("T")

# pytest's own failure is no Exception: pytest.raises that saw nothing raised gives that one.
CAUGHT = (AssertionError, pytest.fail.Exception)


def kind_of(request: pytest.FixtureRequest) -> str:
    """The name of the store that this test is run on."""
    return str(request.node.callspec.params["store"])


class TestUnitOfWork(UnitOfWorkContract):
    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

    @pytest.fixture
    def ledger(self, store: Store) -> Ledger:
        return store.ledger

    @pytest.fixture
    def refuses_to_wait(self, request: pytest.FixtureRequest) -> bool:
        """MongoDB waits in the event loop itself."""
        return kind_of(request) != "mongo"

    @pytest.fixture
    async def elsewhere(self, store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
        """Another process would open the file or connect; nobody else can open what is in memory."""
        if kind_of(request) == "mongo":
            async with mongo_database(request.getfixturevalue("mongo_url")) as another:
                yield MongoLedger(another)
            return
        path = tmp_path / "shop.db"
        if not path.exists():
            yield store.ledger
            return
        other = await Database.open(path)
        try:
            yield SqliteLedger(other)
        finally:
            await other.close()


@dataclass
class InOrder:
    """The second half of a port whose first half is planted."""

    inner: UnitOfWork

    async def in_order(self, *works: Work[Any]) -> None:
        await self.inner.in_order(*works)


class NoTransaction(InOrder):
    """Runs the work as it comes; each statement is a unit of its own."""

    async def __call__(self, work: Work[T]) -> T:
        return await work()

    async def in_order(self, *works: Work[Any]) -> None:
        for work in works:
            await work()


class Wrapping(InOrder):
    """Raises its own error."""

    async def __call__(self, work: Work[T]) -> T:
        try:
            return await self.inner(work)
        except Exception as error:
            raise type(error)(*error.args) from error


class Twice(InOrder):
    """Runs the work again without undoing it first."""

    async def __call__(self, work: Work[T]) -> T:
        async def twice() -> T:
            await work()
            return await work()

        return await self.inner(twice)


class Swallowing(InOrder):
    """Takes a failed unit for a finished one."""

    async def __call__(self, work: Work[T]) -> T:
        async def swallowing() -> Any:
            try:
                return await work()
            except Exception as error:  # noqa: BLE001 - the planted mistake
                return error

        answer = await self.inner(swallowing)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]


class Anonymous(InOrder):
    """Runs the work in a context of its own."""

    async def __call__(self, work: Work[T]) -> T:
        return await contextvars.Context().run(asyncio.ensure_future, self.inner(work))


class Lagging(InOrder):
    """Answers first, and writes when it is asked the next time."""

    late: Work[Any] | None = None

    async def __call__(self, work: Work[T]) -> T:
        if self.late is not None:
            await self.inner(self.late)
        self.late = work

        async def dry() -> None:
            raise _Dry(await work())

        try:
            await self.inner(dry)
        except _Dry as end:
            return end.answer  # type: ignore[no-any-return]
        raise AssertionError("a dry run always ends with its answer")


class _Dry(Exception):
    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


class Careless(InOrder):
    """Runs what is in order though the one before was refused."""

    async def __call__(self, work: Work[T]) -> T:
        return await self.inner(work)

    async def in_order(self, *works: Work[Any]) -> None:
        answers = await asyncio.gather(*(self.inner(work) for work in works), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer


class Detached(InOrder):
    """An inner unit is one of its own, whatever becomes of the outer one."""

    depth = 0

    async def __call__(self, work: Work[T]) -> T:
        if self.depth:
            self.inner_ones.append(work)
            return await work()
        self.inner_ones: list[Work[Any]] = []
        self.depth += 1
        try:
            return await self.inner(work)
        finally:
            self.depth -= 1
            for one in self.inner_ones:
                await self.inner(one)


NEEDS = {"refuses_to_wait": True}

CASES: list[tuple[type[Any], str, tuple[str, ...]]] = [
    (NoTransaction, "test_an_error_undoes_everything", ("ledger", "elsewhere")),
    (NoTransaction, "test_units_at_the_same_time_are_all_kept", ("ledger", "elsewhere")),
    (NoTransaction, "test_waiting_for_something_else_is_refused_or_whole", ("ledger", "elsewhere", "refuses_to_wait")),
    (Wrapping, "test_an_error_undoes_everything", ("ledger", "elsewhere")),
    (Twice, "test_units_at_the_same_time_are_all_kept", ("ledger", "elsewhere")),
    (Swallowing, "test_one_that_fails_harms_no_other", ("ledger", "elsewhere")),
    (Anonymous, "test_work_knows_its_caller", ("ledger",)),
    (Lagging, "test_what_it_wrote_is_durable_when_it_returns", ("ledger", "elsewhere")),
    (Careless, "test_a_refusal_in_order_stops_there", ("ledger",)),
    (Detached, "test_the_outer_unit_decides", ("ledger",)),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("planted", "name", "needs"), CASES)
async def test_a_planted_mistake_is_caught(planted: type[Any], name: str, needs: tuple[str, ...]) -> None:
    """By the fact that it breaks; the honest adapter passes the same one."""
    fact = getattr(UnitOfWorkContract(), name)
    for adapter, is_honest in ((planted, False), (None, True)):
        memory = await Database.open(MEMORY)
        honest, ledger = SqliteUnitOfWork(memory), SqliteLedger(memory)
        facts = fact(adapter(honest) if adapter else honest, **{need: NEEDS.get(need, ledger) for need in needs})
        try:
            if is_honest:
                await facts
            else:
                with pytest.raises(CAUGHT):
                    await facts
        finally:
            await memory.close()


@pytest.mark.anyio
async def test_a_store_that_forgets_is_caught(store: Store) -> None:
    """Whoever looks from outside finds nothing."""
    memory = await Database.open(MEMORY)
    try:
        with pytest.raises(AssertionError):
            await UnitOfWorkContract().test_what_it_wrote_is_durable_when_it_returns(
                SqliteUnitOfWork(memory), SqliteLedger(memory), store.ledger
            )
    finally:
        await memory.close()

"""The store's writer: what shares a commit, who hears when, and what becomes of a group in which something fails."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contracts.engine import Faulty, failing, faulty, keys_in, opened, small_disk, spin

from shopcore.adapters.sqlite.writer import MAX_SECONDS, MAX_UNITS
from shopcore.kernel.stores import StoreUnusable
from shopcore.testing.contracts.samples import Refused

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


async def test_many_units_share_a_commit(path: Path) -> None:
    """At most 64, and each of them is kept."""
    async with faulty(path) as (notes, connection):
        names = [f"{number:03}" for number in range(200)]
        assert await notes.together(*(notes.putting(name) for name in names)) == names

        groups = connection.groups()
        assert sum(groups) == 200
        assert max(groups) <= MAX_UNITS
        assert len(groups) < 40
        assert keys_in(path) == names


async def test_a_slow_group_is_cut(path: Path) -> None:
    """Nobody's commit waits for much longer than 10 ms, and other processes get their turn."""
    async with faulty(path) as (notes, connection):

        async def slow() -> None:
            await notes.put("slow")
            spin(MAX_SECONDS)

        await notes.together(*[slow] * 5)

        assert connection.groups() == [1] * 5


async def check_durability(path: Path, plant: Callable[[Faulty], None]) -> None:
    """Whoever has an answer finds the writes in the file, through any connection."""
    async with faulty(path) as (notes, connection):
        plant(connection)
        for number in range(20):
            await notes.database.run(notes.putting(f"{number:02}"))
            assert keys_in(path)[-1:] == [f"{number:02}"]


async def test_callers_hear_after_the_commit(path: Path) -> None:
    """And not before: a commit that is lost is noticed."""
    await check_durability(path, lambda _: None)

    def lose(connection: Faulty) -> None:
        connection.instead["COMMIT"] = lambda real: real.execute("ROLLBACK")

    with pytest.raises(AssertionError):
        await check_durability(path.with_name("planted.db"), lose)


async def test_a_bad_unit_is_undone_alone(path: Path) -> None:
    """The others of its commit are kept."""
    error = Refused()
    async with faulty(path) as (notes, connection):
        answers = await notes.together(
            notes.putting("a"), notes.putting("b", "c", error=error), notes.putting("d"), notes.putting("e")
        )

        assert answers == ["a", error, "d", "e"]
        assert keys_in(path) == ["a", "d", "e"]
        assert connection.groups() == [4]


async def test_a_commit_that_fails_is_everybodys(path: Path) -> None:
    """Nothing is written and all hear `Unavailable`, also who was refused because of what was not written then."""
    async with faulty(path) as (notes, connection):
        connection.instead["COMMIT"] = failing(sqlite3.SQLITE_IOERR_FSYNC)

        async def refused() -> None:
            if await notes.keys():
                raise Refused

        answers = await notes.together(notes.putting("a"), refused, notes.putting("b"))
        connection.instead.clear()

        assert [str(answer) for answer in answers] == ["the disk reported an error"] * 3
        assert {type(answer) for answer in answers} == {StoreUnusable}
        assert len({id(answer) for answer in answers}) == 3
        assert keys_in(path) == []
        await notes.put("c")
        assert keys_in(path) == ["c"]


@pytest.mark.parametrize("statement", ["BEGIN", "PRAGMA data_version", "SAVEPOINT", "RELEASE", "ROLLBACK TO", "COMMIT"])
async def test_the_writer_outlives_every_failure(path: Path, statement: str) -> None:
    """Of its own statements: the callers hear of it, nothing is half written, and the next unit is served."""
    async with faulty(path) as (notes, connection):
        connection.instead[statement] = failing(sqlite3.SQLITE_IOERR)
        answers = await notes.together(notes.putting("a"), notes.putting("b", error=Refused()), notes.putting("c"))
        connection.instead.clear()

        kept = [answer for answer in answers if isinstance(answer, str)]
        assert {type(answer) for answer in answers} <= {StoreUnusable, Refused, str}
        assert type(answers[0]) is StoreUnusable
        assert keys_in(path) == kept
        await notes.put("d")
        assert keys_in(path) == [*kept, "d"]


async def test_a_full_disk_costs_only_its_cause(path: Path) -> None:
    """SQLite undoes the whole group then; the others run again, and the engine goes on."""
    async with opened(path) as notes:
        await notes.database.write(lambda connection: connection.execute("PRAGMA max_page_count = 400"))
        runs: list[str] = []

        async def small() -> None:
            runs.append("small")
            await notes.put(f"small {len(runs)}")

        answers = await notes.together(
            small, notes.putting("large", body=bytes(3_000_000)), small, notes.putting("bad", error=Refused())
        )

        assert answers[::2] == [None, None]
        assert (str(answers[1]), type(answers[1])) == ("the disk is full", StoreUnusable)
        assert type(answers[3]) is Refused
        assert runs == ["small"] * 3
        assert keys_in(path) == ["small 2", "small 3"]


async def test_a_refusal_for_lost_writes_is_none(path: Path) -> None:
    """One who was refused because of another's write is asked again when that write is lost."""
    async with opened(path) as notes:
        await notes.database.write(lambda connection: connection.execute("PRAGMA max_page_count = 400"))
        runs = 0

        async def first() -> None:
            nonlocal runs
            runs += 1
            await notes.put("taken")
            if runs > 1:
                raise Refused

        async def second() -> None:
            if "taken" in await notes.keys():
                raise Refused
            await notes.put("mine")

        answers = await notes.together(first, second, notes.putting("large", body=bytes(3_000_000)))

        assert [type(answer) for answer in answers] == [Refused, type(None), StoreUnusable]
        assert keys_in(path) == ["mine"]


async def test_a_body_that_goes_on_after_the_rollback_writes_nothing(path: Path) -> None:
    """Its transaction is gone: what it still writes would be kept at once, whatever becomes of it."""
    async with opened(path) as notes:
        await notes.database.write(lambda connection: connection.execute("PRAGMA max_page_count = 400"))

        async def stubborn() -> None:
            try:
                await notes.put("large", bytes(3_000_000))
            except sqlite3.OperationalError:
                await notes.put("small")

        async def silent() -> None:
            try:
                await notes.put("large", bytes(3_000_000))
            except sqlite3.OperationalError:
                return

        answers = await notes.together(notes.putting("a"), stubborn) + await notes.together(silent, notes.putting("b"))

        assert [type(answer) for answer in answers] == [str, StoreUnusable, StoreUnusable, str]
        assert keys_in(path) == ["a", "b"]


@pytest.mark.parametrize("cache_pages", [10, 4_000], ids=["while it runs", "at its commit"])
async def test_a_disk_with_a_fault_costs_only_its_cause(path: Path, cache_pages: int) -> None:
    """The file cannot grow: each unit hears so or is kept, and the engine goes on when the disk does."""
    async with opened(path) as notes:
        await notes.database.write(lambda connection: connection.execute(f"PRAGMA cache_size = {cache_pages}"))
        with small_disk(path.with_name("shop.db-wal").stat().st_size + 20_000):
            answer = (await notes.together(notes.putting("large", body=bytes(500_000))))[0]
        before = keys_in(path)
        await notes.put("after")

        assert (str(answer), type(answer)) == ("the disk reported an error", StoreUnusable)
        assert before == []
        assert keys_in(path) == ["after"]


async def test_what_follows_the_commit(path: Path) -> None:
    """Follows it, in the caller's event loop; of a unit that is undone nothing follows."""
    async with opened(path) as notes:
        seen: list[list[str]] = []

        def work(key: str, error: Exception | None = None) -> Callable[[], object]:
            async def body() -> None:
                await notes.put(key)
                notes.database.after_commit(lambda: seen.append(keys_in(path)))
                if error is not None:
                    raise error

            return body

        await notes.together(work("a"), work("b", Refused()))  # type: ignore[arg-type]
        await notes.put("c")

        assert seen == [["a"]]
        with pytest.raises(RuntimeError, match="inside a unit"):
            notes.database.after_commit(seen.clear)


async def test_what_follows_and_fails_harms_nobody(path: Path) -> None:
    """The event loop reports it; all callers hear of their commit."""
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
    error = Refused()
    async with opened(path) as notes:

        def fail() -> None:
            raise error

        async def unlucky() -> None:
            await notes.put("a")
            notes.database.after_commit(fail)

        answers = await notes.together(unlucky, notes.putting("b"), notes.putting("c"))
        await notes.put("d")

    assert answers == [None, "b", "c"]
    assert reported == [error]

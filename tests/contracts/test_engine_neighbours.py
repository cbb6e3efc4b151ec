"""Several processes on one file: each gets its turn, nothing is lost, and one that is killed leaves no half."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.contracts.engine import Notes, keys_in, opened

from shopcore.adapters.sqlite.backup import verify

pytestmark = pytest.mark.anyio

SCRIPT = Path(__file__).with_name("engine_neighbour.py")


@asynccontextmanager
async def counting(path: Path) -> AsyncIterator[Notes]:
    """A store with a counter in its scratch table."""
    async with opened(path) as notes:
        await notes.database.write(lambda connection: connection.execute("DROP TABLE notes"))
        table = "CREATE TABLE notes (key TEXT PRIMARY KEY, body INTEGER NOT NULL) STRICT"
        await notes.database.write(lambda connection: connection.execute(table))
        await notes.database.write(lambda connection: connection.execute("INSERT INTO notes VALUES ('counter', 0)"))
        yield notes


def neighbour(path: Path, seconds: float, callers: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, SCRIPT, path, str(seconds), str(callers)], stdout=subprocess.PIPE, text=True
    )


async def total(notes: Notes) -> int:
    """What the counter says."""
    query = "SELECT body FROM notes WHERE key = 'counter'"
    row: tuple[int] = await notes.database.read(lambda connection: connection.execute(query).fetchone())
    return row[0]


async def test_two_processes_take_turns(tmp_path: Path) -> None:
    """Both write as hard as they can: neither is starved, nobody waits for long, and the sums are right."""
    path = tmp_path / "shop.db"
    async with counting(path) as notes:
        lines = [
            text.splitlines()
            for text, _ in await asyncio.gather(
                *(asyncio.to_thread(neighbour(path, 2.0, callers).communicate) for callers in (1, 16))
            )
        ]
        marks = [mark for written in lines for mark in written[:-1]]
        waits = [float(written[-1]) for written in lines]

        assert min(len(written) for written in lines) > 50, [len(written) for written in lines]
        assert max(waits) < 1.5
        assert await total(notes) == len(marks) == len(set(marks))
        assert set(keys_in(path)) == {*marks, "counter"}


async def test_a_neighbour_is_left_room(tmp_path: Path) -> None:
    """After another's commit was seen the lock stays free for a moment after each group; then no more."""
    path = tmp_path / "shop.db"
    async with opened(path) as notes, opened(path) as other:

        async def seconds(writes: int) -> float:
            began = time.monotonic()
            for number in range(writes):
                await notes.put(str(number))
            return time.monotonic() - began

        await other.put("a")
        await notes.put("b")

        assert await seconds(20) >= 19 * 0.0015


async def test_a_killed_process_leaves_what_it_acknowledged(tmp_path: Path) -> None:
    """The log is played back at the next start: every answer that was given is true, and no unit is half there."""
    path = tmp_path / "shop.db"
    async with counting(path):
        pass
    killed = neighbour(path, 60.0, 16)
    assert killed.stdout is not None
    told = [await asyncio.to_thread(killed.stdout.readline) for _ in range(200)]
    killed.kill()
    rest = await asyncio.to_thread(killed.communicate)
    told += [line for line in rest[0].splitlines(keepends=True) if line.endswith("\n")]
    assert path.with_name("shop.db-wal").stat().st_size > 0

    async with opened(path) as notes:
        there = set(keys_in(path)) - {"counter"}
        assert {line.strip() for line in told} <= there
        assert await total(notes) == len(there)
        await notes.database.write(lambda connection: connection.execute("UPDATE notes SET body = 0"))
    verify(path)

"""Another process on the same file: `python engine_neighbour.py FILE SECONDS CALLERS` counts up as hard as it can.

It prints a line for every write that it has been told is durable, and at the end the longest wait in seconds.
"""

import asyncio
import sqlite3
import sys
import time
from pathlib import Path

from shopcore.adapters.sqlite.database import Database

_COUNT = "UPDATE notes SET body = body + 1 WHERE key = 'counter'"
_NOTE = "INSERT INTO notes (key, body) VALUES (?, 0)"


def count(connection: sqlite3.Connection, mark: str) -> None:
    """One unit: the counter and a mark of its own, together or not at all."""
    connection.execute(_COUNT)
    connection.execute(_NOTE, (mark,))


async def main(path: Path, seconds: float, callers: int) -> None:
    """All callers write one unit after the other until the time is over."""
    database = await Database.open(path)
    end = time.monotonic() + seconds
    longest = 0.0

    async def write(name: str) -> None:
        nonlocal longest
        number = 0
        while (began := time.monotonic()) < end:
            mark = f"{name} {number}"
            await database.write(lambda connection, mark=mark: count(connection, mark))  # type: ignore[misc]
            longest = max(longest, time.monotonic() - began)
            number += 1
            sys.stdout.write(f"{mark}\n")
            sys.stdout.flush()

    await asyncio.gather(*(write(f"{time.monotonic_ns()} {caller}") for caller in range(callers)))
    await database.close()
    sys.stdout.write(f"{longest:.3f}\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))

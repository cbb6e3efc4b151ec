"""Ten thousand confirmations through deaths of the worker and of the mail server: `bench mails`, `bench mails 100`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.load.mail_run import assert_kept, every, run

ORDERS = 10_000


async def measure(orders: int) -> None:
    """Print what came of it. An error where one was lost, or copied more often than there were deaths."""
    with tempfile.TemporaryDirectory() as name:
        found = await run(Path(name), orders, every(5.0), down=20.0, speed=10.0)
    print(found)
    assert_kept(found)


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if sys.argv[1:] else ORDERS))

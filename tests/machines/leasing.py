"""One worker process of `test_many_workers.py`: does jobs until nothing is due, and prints the number of each."""

import asyncio
import sys

from shopcore.jobs.model import complete
from shopcore.shop import Settings, Shop
from shopcore.testing.contracts.queue_parts import settle


async def work(store_url: str, folder: str, name: str) -> None:
    """Begin when told to, side by side with the others."""
    settings = Settings(store_url=store_url, keys_file=f"{folder}/shop.keys", write_timeout_seconds=20.0)
    async with Shop.open(settings) as shop:
        queue = shop._store.queue
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        while leased := await queue.lease_due(name, shop.clock.now(), 7):
            for job in leased:
                sys.stdout.write(f"{job.payload['n']}\n")
                await settle(queue, job.id, name, complete)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))

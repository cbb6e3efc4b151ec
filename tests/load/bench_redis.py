"""How fast a shop is that has Redis beside it, each figure beside its bound: `nox -s bench -- redis`.

The page of a hot product with Redis configured, against a bare Litestar handler with the same bytes: once as load tests
run it, and once with the rate limits on, of which each request costs one question to Redis. Then what a hit of the
limiter costs, and checkouts with and without the events that they pass on.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace
from tests.load import bench
from tests.load.servers import start
from tests.load.wire import Connection
from tests.redis_servers import RedisServer, redis_server

from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.adapters.redis.batches import Batches
from shopcore.adapters.redis.client import connect
from shopcore.adapters.redis.keys import Keys
from shopcore.adapters.redis.limiter import RedisLimiter
from shopcore.adapters.redis.link import DEADLINE, STEP, Link
from shopcore.shop import Shop

_PATH = "/products/shirt-7"
_HITS = 4_000
_AT_ONCE = 64
_CHECKOUTS = 1_000
_READS = 4_000  # a round of callers
_ROUNDS = 3


Reads = list[tuple[bench.Read, bench.Read]]


def measure_pages(folder: Path, redis: RedisServer) -> None:
    """The hot page, with limits off as elsewhere in the benchmark, and on."""
    bench.show_reads("hot product, Redis", compared(folder, {"REDIS_URL": redis.url}, bench.measure_read))
    limited = {"REDIS_URL": redis.url, "RATE_LIMITS": "on", "TRUSTED_PROXIES": "127.0.0.1"}
    bench.show_reads("the same, limited", compared(folder, limited, measure_callers))
    alone = {"RATE_LIMITS": "on", "TRUSTED_PROXIES": "127.0.0.1"}
    bench.show_reads("limited, no Redis", compared(folder, alone, measure_callers))


def compared(folder: Path, settings: Mapping[str, str], measure: Callable[[int, int, str], bench.Read]) -> Reads:
    """Rounds of the shop with these settings and of the bare handler, after one that does not count."""
    server = start(folder, settings)
    try:
        body = asyncio.run(bench.fetch(server.url, _PATH))
        bare, port = bench.bare_server(body, folder)
        try:
            return [
                (measure(server.process.pid, server.port, _PATH), measure(bare.pid, port, _PATH))
                for _ in range(_ROUNDS + 1)
            ][1:]
        finally:
            bare.terminate()
            bare.wait()
            if bare.stdout:
                bare.stdout.close()
    finally:
        server.stop()


def measure_callers(pid: int, port: int, path: str) -> bench.Read:
    """One round of so many callers that none comes to its limit, as a proxy passes them on."""
    before, began = bench.processor_seconds(pid), time.perf_counter()
    asyncio.run(_read_as_many(port, path))
    return bench.Read(_READS / (time.perf_counter() - began), _READS / (bench.processor_seconds(pid) - before))


async def _read_as_many(port: int, path: str) -> None:
    numbers = iter(range(_READS))

    async def read_on() -> None:
        connection = Connection(f"http://127.0.0.1:{port}")
        for number in numbers:
            forwarded = {"X-Forwarded-For": f"203.0.113.{number % 250 + 1}"}
            answer = await connection.request("GET", path, headers=forwarded)
            assert answer.status == 200
        await connection.close()

    await asyncio.gather(*(read_on() for _ in range(bench.CONNECTIONS)))


def measure_limiter(redis: RedisServer) -> None:
    """A hit of the limiter, one at a time and many at once, beside a plain GET."""

    async def run() -> tuple[float, float, float]:
        keys = Keys(os.urandom(32))
        link = Link(connect(redis.url, DEADLINE * STEP), keys.probe)
        limiter = RedisLimiter(Batches(link), keys, LocalLimiter())
        try:
            now = datetime.now(UTC)

            async def hit(number: int) -> None:
                await limiter.hit(str(number % 50), 10**6, 60.0, now)

            await hit(0)
            began = time.perf_counter()
            for number in range(_HITS):
                await hit(number)
            alone = time.perf_counter() - began
            began = time.perf_counter()
            for _ in range(_HITS // _AT_ONCE):
                await asyncio.gather(*(hit(number) for number in range(_AT_ONCE)))
            together = time.perf_counter() - began
            began = time.perf_counter()
            for _ in range(_HITS):
                await link.client.get("nothing")
            assert not limiter.fallen_back
            return alone, together, time.perf_counter() - began
        finally:
            await link.close()

    alone, together, plain = (seconds / _HITS * 1e6 for seconds in asyncio.run(run()))
    print(
        f"{'a hit of the limiter':<22} {alone:>9.0f} us alone, {together:.0f} us among {_AT_ONCE}; a GET {plain:.0f} us"
    )


def measure_checkouts(folder: Path, redis: RedisServer) -> None:
    """Checkouts with Redis, whose events become jobs, against the same shop without."""

    async def speed(url: str | None) -> float:
        async with Shop.open(replace(bench.settings_of(folder), redis_url=url)) as shop:
            return await bench.check_out_all(shop, await bench.carts(shop, _CHECKOUTS))

    measured = [(asyncio.run(speed(redis.url)), asyncio.run(speed(None))) for _ in range(_ROUNDS)]
    with_redis, without = (statistics.median(column) for column in zip(*measured, strict=True))
    print(f"{'checkouts with Redis':<22} {with_redis:>9,.0f} checkouts/s, without it {without:,.0f}")


def main() -> None:
    """Everything, in a folder that is thrown away."""
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(bench.stock(folder))
        with redis_server(folder) as redis:
            measure_pages(folder, redis)
            measure_limiter(redis)
            measure_checkouts(folder, redis)


if __name__ == "__main__":
    main()

"""Worker processes on one store: each job is done once, whoever takes it."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.contracts.stores import mongo_database

from shopcore.jobs.model import JobState
from shopcore.kernel.jobs import NewJob
from shopcore.shop import Settings, Shop

JOBS = 200
WORKERS = 3
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "mongodb"])
async def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    url: str = request.getfixturevalue("mongo_url")
    async with mongo_database(url):  # which leaves it empty
        yield url


async def started(*arguments: str) -> asyncio.subprocess.Process:
    """A worker that waits to be told to begin."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.machines.leasing", *arguments),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.anyio
async def test_each_job_is_done_once_by_worker_processes(store_url: str, tmp_path: Path) -> None:
    """They begin at the same moment, and each does its share."""
    settings = Settings(store_url=store_url, keys_file=f"{tmp_path}/shop.keys")
    new = [NewJob(kind="count", payload={"n": str(n)}) for n in range(JOBS)]
    async with Shop.open(settings) as shop:
        store = shop._store
        await store.unit_of_work(lambda: store.jobs.enqueue(*new))
        workers = [await started(store_url, str(tmp_path), f"worker {n}") for n in range(WORKERS)]
        said = [text.split() for text, _ in await asyncio.gather(*(each.communicate(b"go\n") for each in workers))]
        left = [each for each in await store.queue.depth() if each.state is not JobState.DEAD]

    assert sorted(int(n) for numbers in said for n in numbers) == list(range(JOBS))
    assert all(each.returncode == 0 for each in workers)
    assert sum(bool(numbers) for numbers in said) > 1
    assert left == []

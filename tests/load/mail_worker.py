"""A worker whose clock goes faster than ours: `python -m tests.load.mail_worker FOLDER SMTP_URL SPEED SINCE`."""

import asyncio
import os
import sys
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tests.load.buyers import settings_of

from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.failure_log import FailureLog
from shopcore.container.root import Container, build_use_cases, running
from shopcore.kernel.clock import Clock
from shopcore.settings import Settings
from shopcore.shop import Shop

T = TypeVar("T")


@dataclass
class QuickClock:
    """So many times as fast since a moment, so that leases lapse and pauses pass; a job may take as long as ever."""

    inner: Clock
    speed: float
    since: datetime

    def now(self) -> datetime:
        return self.since + (self.inner.now() - self.since) * self.speed

    async def sleep(self, seconds: float) -> None:
        await self.inner.sleep(seconds / self.speed)

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        return await self.inner.within(seconds, work)


def mailing(folder: Path, url: str, store_url: str = "") -> Settings:
    """The shop of a folder, with one connection to that mail server: what a death leaves open is one mail."""
    return replace_settings(settings_of(folder, store_url), url)


def replace_settings(settings: Settings, url: str) -> Settings:
    """The same with a mail server."""
    given = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return Settings(**{**given, "smtp_url": (url,), "smtp_connections": 1, "mail_dir": None})


async def work(settings: Settings, speed: float, since: datetime) -> None:
    """Until killed."""
    log = FailureLog()
    async with running(Container(settings=settings, report=log)) as (_, store, world, bank):
        quick = replace(world, clock=QuickClock(SystemClock(), speed, since))
        os.write(1, b"ready\n")
        os.dup2(2, 1)  # nobody reads on: the log goes where the errors go
        await Shop(settings, build_use_cases(settings, store, quick, log), store, quick, bank).run_worker()


if __name__ == "__main__":
    _, place, server, times, begun = sys.argv
    asyncio.run(work(mailing(Path(place), server), float(times), datetime.fromisoformat(begun)))

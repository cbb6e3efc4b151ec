"""A shop that is put back as it was: what was sold and given back since then is at Stripe alone."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from tests.crashes import Premises
from tests.emptying import copied, put_back
from tests.kept import kept
from tests.stories import Story

from shopcore.container.adapters import back_up, restore
from shopcore.settings import MONGO

Restore = Callable[[], Awaitable[None]]


@asynccontextmanager
async def backed_up(story: Story, folder: Path) -> AsyncGenerator[Restore]:
    """A backup of the shop as it is; what comes out puts it in the place of the shop as it is then."""
    if story.place.settings.store_url.startswith(MONGO):
        url = story.place.settings.store_url
        copy = await asyncio.to_thread(copied, url)

        async def in_place() -> None:
            await asyncio.to_thread(put_back, url, copy)
            story.reopen()

        yield in_place
        return
    target = folder / "backup.db"
    await asyncio.to_thread(back_up, story.place.settings, target)
    elsewhere = msgspec.structs.replace(story.place.settings, store_url=f"sqlite:///{folder}/restored.db")
    await asyncio.to_thread(restore, elsewhere, target)
    async with kept(elsewhere, story.place.world) as store:

        async def another_file() -> None:
            story.place = Premises(elsewhere, store, story.place.world, story.place.bank)
            story.reopen()

        yield another_file

"""How a command gets at the shop, and what it says of jobs and pages."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import click
import msgspec

from shopcore.jobs.model import Job
from shopcore.kernel.errors import ShopError
from shopcore.kernel.paging import MAX_LIMIT, Page
from shopcore.shop import Shop, ShopOf, owner, read_settings

T = TypeVar("T")
Row = TypeVar("Row")


class Fetch(Protocol[Row]):
    """A list of the shop, a page at a time."""

    def __call__(self, *, limit: int, cursor: str | None) -> Awaitable[Page[Row]]:
        """The page at the cursor."""
        ...


class Found(msgspec.Struct, Generic[Row], frozen=True):
    """The first rows of a list, and whether there are more."""

    rows: list[Row]
    more: bool


def in_shop(act: Callable[[Shop], Awaitable[T]]) -> T:
    """Open the shop of this folder's settings, act, and close it again."""

    async def run() -> T:
        async with Shop.open(read_settings(), report=_tell) as shop:
            return await act(shop)

    return asyncio.run(run())


def as_owner(act: Callable[[ShopOf], Awaitable[T]]) -> T:
    """The same, for what its owner does: whoever can read the file may do everything."""
    return in_shop(lambda shop: act(shop.as_(owner())))


async def collect(fetch: Fetch[Row], limit: int) -> Found[Row]:
    """The first `limit` rows of a list."""
    rows: list[Row] = []
    cursor: str | None = None
    while True:
        page = await fetch(limit=min(MAX_LIMIT, limit - len(rows)), cursor=cursor)
        rows.extend(page.items)
        cursor = page.next_cursor
        if cursor is None or len(rows) >= limit:
            return Found(rows, cursor is not None)


def _tell(job: Job, error: Exception) -> None:
    """A failed job in one line. What is not a refusal of the shop is called by its type only: it may quote anything."""
    reason = error.detail if isinstance(error, ShopError) else type(error).__name__
    then = "is given up" if isinstance(error, ShopError) and error.is_final else "is tried again later"
    click.echo(f"job {job.id} ({job.kind}) failed, and {then}: {reason}", err=True)

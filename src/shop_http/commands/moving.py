"""`shop move`: a whole shop from one store to another."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shop_http.commands.output import as_json, print_json, print_table, say
from shopcore.shop import MoveProgress, Settings, move, read_settings


@click.command(
    "move", epilog="Example: shop move --from sqlite:///shop.db --to mongodb://db1,db2,db3/shop?replicaSet=a"
)
@click.option("--from", "source", required=True, metavar="URL", help="Where the shop is, as STORE_URL says it.")
@click.option("--to", "target", required=True, metavar="URL", help="An empty store, likewise.")
@as_json
def move_shop(source: str, target: str, *, as_json: bool) -> None:
    """Move a whole shop from a file to MongoDB or back, and compare both afterwards, thing by thing.

    Stop every server and worker first. The source is only read, and stays. A move that was broken off goes on when it
    is run again; until it is done, nothing opens the target as a shop. The keys stay the same: personal data is sealed
    with them in both.
    """
    settings = read_settings()
    with _progress() as watch:
        moved = asyncio.run(move(settings, source=source, target=target, progress=watch))
    if as_json:
        print_json(moved)
        return
    print_table(("Shelf", "Things", "SHA-256 of both"), [(one.name, one.count, one.sha256) for one in moved])
    say(
        f"Moved and compared. Set STORE_URL to the new store, and keep {_keys(settings)}: its data is sealed with them."
    )


def _keys(settings: Settings) -> str:
    return settings.keys_file if settings.sealing_keys is None else "SEALING_KEYS, INDEX_KEY and SIGNING_KEY"


@contextmanager
def _progress() -> Iterator[Callable[[MoveProgress], None]]:
    """The whole move by its stages, and how much there is of what is copied or compared at the moment."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        whole = progress.add_task("Shelves copied and compared", total=None)

        def watch(now: MoveProgress) -> None:
            doing = f"{now.doing}: {now.things:,}"
            progress.update(whole, description=doing, completed=now.stage + 1, total=now.stages)

        yield watch

"""`shop move`: a whole shop from one store to another."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shop_http.commands.output import as_json, print_json, print_table, say
from shopcore.shop import Settings, move, read_settings


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
def _progress() -> Iterator[Callable[[str, int], None]]:
    """What is copied at the moment, and how much of it; then the same for what is compared."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        tasks: dict[str, TaskID] = {}

        def watch(what: str, done: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    progress.update(task, total=progress.tasks[task].completed)
                tasks[what] = progress.add_task(what, total=None)
            progress.update(tasks[what], completed=done)

        yield watch

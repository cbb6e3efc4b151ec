"""`shop keys`: what personal data is sealed and looked up with."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shop_http.commands.failures import Failure
from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, print_json, print_table, say
from shopcore.privacy.model import KeyUse


@click.group()
def keys() -> None:
    """See which keys personal data is held under, and let new ones take their place."""


@keys.command("list", epilog="Example: shop keys list")
@as_json
def list_keys(*, as_json: bool) -> None:
    """Look at every sealed value and every index, and count what needs each key.

    A key that is free may be removed from the settings. Nothing is said of what a server writes after the look: first
    start all of them again with the new key in front.
    """
    _print(as_owner(lambda shop: shop.privacy.list_keys()), as_json=as_json)


@keys.command("rotate", epilog="Example: shop keys rotate")
@as_json
def rotate_keys(*, as_json: bool) -> None:
    """Seal everything with the first of SEALING_KEYS, and index it by the first of INDEX_KEY, while the shop sells.

    Every server and worker has to hold the new keys already. It may be run twice, and goes on where it was broken off.
    The exit status is 1 where something still needs another key, because a server writes with that one.
    """
    with _progress() as watch:
        uses = as_owner(lambda shop: shop.privacy.rotate_keys(progress=watch))
    _print(uses, as_json=as_json)
    behind = [f"{use.key} of {use.kind}" for use in uses if not use.first and use.values]
    if behind:
        raise Failure(
            f"{', '.join(behind)} is still needed: start every server with the new key in front, and run this again"
        )


def _print(uses: Sequence[KeyUse], *, as_json: bool) -> None:
    if as_json:
        print_json(uses)
        return
    print_table(("Setting", "Key", "Values", "State"), [(use.kind, use.key, use.values, _state(use)) for use in uses])
    if any(use.is_free for use in uses):
        say("What is free may be removed from the settings, once every server writes with the first key.")


def _state(use: KeyUse) -> str:
    if use.first:
        return "written with"
    return "free" if use.is_free else "still needed"


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """Rows done, place by place."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        tasks: dict[str, TaskID] = {}

        def watch(place: str, done: int) -> None:
            if place not in tasks:
                tasks[place] = progress.add_task(place, total=None)
            progress.update(tasks[place], completed=done)

        yield watch

"""What commands print: tables for people, JSON for machines."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shop_http.commands.opening import Found

T = TypeVar("T")

_WIDE = 240  # columns where nobody looks on: what reads the text wants a row on one line

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
limit = click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
do_now = click.option("--now", is_flag=True, help="Do the jobs that this causes at once, and all others that are due.")


def plain(value: object) -> str:
    """A value as text that cannot command a terminal, whoever wrote it (a customer's name, a title in a file)."""
    text = "" if value is None else str(value)
    return "".join(
        sign if sign.isprintable() else " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


def moment(at: datetime | None) -> str:
    """A time in UTC, as ISO 8601 writes it, to the second."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def say(text: str) -> None:
    """A line of the answer."""
    click.echo(plain(text))


def print_json(value: object) -> None:
    """A value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under their headings."""
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(plain(cell), overflow="fold") for cell in row))
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    with console.capture() as printed:
        console.print(table)
    lines = [line.rstrip() for line in printed.get().splitlines()]
    click.echo("\n".join(lines).strip("\n"))


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under their headings, or that there are none."""
    if rows:
        print_table(columns, rows)
    else:
        say("None.")


def print_found(found: Found[T], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A list as a table, and whether there is more of it."""
    print_rows(columns, list(rows))
    if found.more:
        click.echo(f"The first {len(found.rows)}; see more with --limit.", err=True)

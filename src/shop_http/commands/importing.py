"""`shop import`: take files into the shop."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from shop_http.commands.opening import in_shop
from shop_http.commands.output import as_json, print_json, print_table, say
from shopcore.operations.model import ImportReport
from shopcore.shop import Shop, owner


@click.group(name="import")
def import_group() -> None:
    """Take files into the shop."""


@import_group.command("products", epilog="Example: shop import products apparel.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@as_json
def products(file: Path, *, as_json: bool) -> None:
    """Add and update the products of FILE, a Shopify product export (CSV).

    Running it again changes nothing. Rows that break a rule are reported, and the others are taken; the exit status is
    1 only if nothing was imported.
    """
    with _progress() as watch:
        report = in_shop(lambda shop: _import(shop, file, watch))
    if as_json:
        print_json(report)
    else:
        _print(report)
    if not report.imported:
        raise SystemExit(1)


async def _import(shop: Shop, file: Path, watch: Callable[[int, int], None]) -> ImportReport:
    products = shop.product_file(file)
    return await shop.as_(owner()).catalog.import_products(file=products, progress=watch)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar of rows, where somebody looks on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Rows", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _print(report: ImportReport) -> None:
    if report.refused:
        rows = [(refusal.row, refusal.handle, refusal.field, refusal.message) for refusal in report.refused]
        print_table(("Row", "Handle", "Field", "Refused because"), rows)
    figures = f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged"
    say(f"Products: {figures}. Rows refused: {report.refused_rows}.")

"""`shop settings`: what the shop was told."""

import click

from shop_http.commands.output import as_json, print_json, print_table
from shopcore.shop import describe, read_settings


@click.command(epilog="Example: shop settings --json")
@as_json
def settings(*, as_json: bool) -> None:
    """The settings that hold in this folder, secrets masked."""
    found = describe(read_settings())
    if as_json:
        print_json(found)
    else:
        print_table(("Name", "Value", "Purpose"), [(each.name, each.value, each.purpose) for each in found])

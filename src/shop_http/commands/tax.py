"""`shop tax`: tax rates."""

from typing import IO

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, print_json, print_table, say
from shop_http.commands.rule_input import fine_percent, from_file, read_rule, required
from shopcore.pricing.model import TaxRate


@click.group()
def tax() -> None:
    """See and change what is taxed where."""


@tax.command("list", epilog="Example: shop tax list")
@as_json
def list_rates(*, as_json: bool) -> None:
    """Every tax rate. The JSON of one is what `put --from` reads."""
    found = as_owner(lambda shop: shop.pricing.list_rules()).tax_rates
    if as_json:
        print_json(found)
        return
    rows = [
        (each.id, each.name, each.country, each.region or "all of it", percentage(each.millionths), _manner(each))
        for each in found
    ]
    print_table(("Id", "Name", "Country", "Region", "Rate", "How"), rows)


@tax.command(epilog="Example: shop tax put --name VAT --country DE --percent 19 --included --on-shipping")
@click.option("--id", "rate_id", help="Replace the rate with this id; without it, a new one is added.")
@click.option("--name", help="What the buyer reads, such as VAT.")
@click.option("--country", help="Where it holds (ISO 3166-1, such as DE).")
@click.option("--region", help="In which part of it (ISO 3166-2, such as CA); all of it if it is not said.")
@click.option("--percent", "millionths", callback=fine_percent, help="The rate, with at most four decimals.")
@click.option("--included", is_flag=True, help="Prices contain it already; else it comes on top.")
@click.option("--on-shipping", is_flag=True, help="It is charged on shipping too.")
@from_file
def put(
    rate_id: str | None,
    name: str | None,
    country: str | None,
    region: str | None,
    millionths: int | None,
    source: IO[bytes] | None,
    *,
    included: bool,
    on_shipping: bool,
) -> None:
    """Add a tax rate, or replace one."""
    if source is not None:
        rate = read_rule(source, TaxRate)
    else:
        named, where, points = required(name=name, country=country, percent=_text(millionths))
        rate = TaxRate(
            id=rate_id or "",
            name=named,
            country=where,
            region=region,
            millionths=int(points),
            included=included,
            on_shipping=on_shipping,
        )
    stored = as_owner(lambda shop: shop.pricing.put_tax_rate(rate))
    say(f"Tax rate {stored.id} is set.")


@tax.command(epilog="Example: shop tax remove 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@click.argument("rate_id", metavar="ID")
def remove(rate_id: str) -> None:
    """End a tax: from the next quote on it is not charged."""
    as_owner(lambda shop: shop.pricing.remove_tax_rate(rate_id))
    say(f"Tax rate {rate_id} is removed.")


def percentage(millionths: int) -> str:
    """Millionths as people write them: `8.875 %`."""
    return f"{millionths / 10_000:g} %"


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _manner(rate: TaxRate) -> str:
    return ("in the price" if rate.included else "on top") + (", on shipping too" if rate.on_shipping else "")

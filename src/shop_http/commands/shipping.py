"""`shop shipping`: ways to send."""

from collections.abc import Sequence
from itertools import islice
from typing import IO

import click

from shop_http.commands.opening import as_owner, in_shop
from shop_http.commands.output import as_json, print_json, print_table, say
from shop_http.commands.rule_input import amount, from_file, read_rule, required
from shopcore.kernel.money import Money
from shopcore.pricing.model import ShippingKind, ShippingMethod, ShippingRates, ShippingTier
from shopcore.shop import Shop, owner

_SHOWN = 3  # currencies in a table


@click.group()
def shipping() -> None:
    """See and change the ways to send, and what they cost."""


@shipping.command("list", epilog="Example: shop shipping list --json")
@as_json
def list_methods(*, as_json: bool) -> None:
    """Every way to send. The JSON of one is what `put --from` reads."""
    found = as_owner(lambda shop: shop.pricing.list_rules()).shipping_methods
    if as_json:
        print_json(found)
        return
    rows = [
        (each.code, each.title, each.kind, _rates(each), ", ".join(each.countries) or "everywhere") for each in found
    ]
    print_table(("Code", "Title", "Kind", "Rates", "To"), rows)


@shipping.command(epilog="Example: shop shipping put standard --title Standard --price 4.90 --free-over 50")
@click.argument("code", required=False)
@click.option("--title", help="What the buyer reads.")
@click.option("--price", help="What it costs, such as 4.90.")
@click.option("--free-over", help="Nothing is charged from this subtotal on.")
@click.option("--currency", help="Of these amounts; that of the shop if it is not said.")
@click.option(
    "--country", "countries", multiple=True, help="Only to this one (ISO 3166-1, such as DE); may be repeated."
)
@click.option("--position", type=int, default=0, help="Its place in the list.")
@from_file
def put(
    code: str | None,
    title: str | None,
    price: str | None,
    free_over: str | None,
    currency: str | None,
    countries: Sequence[str],
    position: int,
    source: IO[bytes] | None,
) -> None:
    """Add a way to send, or replace the one with that CODE.

    The options say one flat price. Tiers by weight or subtotal, and several currencies, are given as JSON.
    """

    def flat(default: str) -> ShippingMethod:
        chosen, (known, titled, priced) = currency or default, required(code=code, title=title, price=price)
        free = None if free_over is None else amount("--free-over", free_over, chosen)
        rates = ShippingRates(tiers=(ShippingTier(price=amount("--price", priced, chosen)),), free_over=free)
        return ShippingMethod(
            code=known,
            title=titled,
            kind=ShippingKind.FLAT,
            rates={chosen: rates},
            countries=tuple(countries),
            position=position,
        )

    given = None if source is None else read_rule(source, ShippingMethod)

    async def run(shop: Shop) -> ShippingMethod:
        return await shop.as_(owner()).pricing.put_shipping_method(given or flat(shop.currency))

    say(f"Shipping method {in_shop(run).code} is set.")


@shipping.command(epilog="Example: shop shipping remove express")
@click.argument("code")
def remove(code: str) -> None:
    """Take a way to send off the list; carts that chose it have to choose again."""
    as_owner(lambda shop: shop.pricing.remove_shipping_method(code))
    say(f"Shipping method {code} is removed.")


def _rates(method: ShippingMethod) -> str:
    """The price in each currency; only the first of many."""
    shown = [_price(rates, currency) for currency, rates in islice(method.rates.items(), _SHOWN)]
    others = len(method.rates) - len(shown)
    return ", ".join([*shown, *([f"and {others} other currencies"] if others else [])])


def _price(rates: ShippingRates, currency: str) -> str:
    """The cheapest and the dearest tier."""
    prices = [tier.price for tier in rates.tiers]
    dearest = f" to {Money(max(prices), currency)}" if len(prices) > 1 else ""
    free = "" if rates.free_over is None else f", free over {Money(rates.free_over, currency)}"
    return f"{Money(min(prices), currency)}{dearest}{free}"

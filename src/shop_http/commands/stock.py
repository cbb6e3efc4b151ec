"""`shop stock`: levels, and the movements that explain them."""

from functools import partial

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, print_table
from shopcore.inventory.model import StockItem
from shopcore.kernel.ids import Sku

_COLUMNS = ("SKU", "Tracked", "When out", "On hand", "Reserved", "Available")
_reason = click.option("--reason", required=True, help="Why; it is kept with the movement.")


@click.group()
def stock() -> None:
    """See and change what is on hand."""


@stock.command("list", epilog="Example: shop stock list --limit 200")
@limit
@as_json
def list_stock(limit: int, *, as_json: bool) -> None:
    """The levels, by SKU."""
    found = as_owner(lambda shop: collect(shop.stock.list, limit))
    if as_json:
        print_json([_shown(item) for item in found.rows])
    else:
        print_found(found, _COLUMNS, (_row(item) for item in found.rows))


@stock.command(epilog="Example: shop stock show TEA-1")
@click.argument("sku")
@as_json
def show(sku: str, *, as_json: bool) -> None:
    """The level of one SKU."""
    _print(as_owner(lambda shop: shop.stock.show(sku=Sku(sku))), as_json=as_json)


@stock.command(epilog='Example: shop stock adjust TEA-1 --by -3 --reason "broken in the store room"')
@click.argument("sku")
@click.option("--by", type=int, required=True, help="How many more; negative for fewer.")
@_reason
@as_json
def adjust(sku: str, by: int, reason: str, *, as_json: bool) -> None:
    """Change what is on hand by a difference."""
    _print(as_owner(lambda shop: shop.stock.adjust(sku=Sku(sku), by=by, reason=reason)), as_json=as_json)


@stock.command("set", epilog='Example: shop stock set TEA-1 --to 40 --reason "counted on Friday"')
@click.argument("sku")
@click.option("--to", type=int, required=True, help="How many are on hand.")
@_reason
@as_json
def set_stock(sku: str, to: int, reason: str, *, as_json: bool) -> None:
    """Set what is on hand to a figure, as after counting."""
    _print(as_owner(lambda shop: shop.stock.adjust(sku=Sku(sku), to=to, reason=reason)), as_json=as_json)


@stock.command(epilog="Example: shop stock movements TEA-1")
@click.argument("sku")
@limit
@as_json
def movements(sku: str, limit: int, *, as_json: bool) -> None:
    """Why the level of a SKU is what it is, the newest movement first; all of them sum to it."""
    found = as_owner(lambda shop: collect(partial(shop.stock.movements, sku=Sku(sku)), limit))
    if as_json:
        print_json(found.rows)
        return
    rows = (
        (moment(each.at), each.kind, f"{each.on_hand:+}", f"{each.reserved:+}", each.reason or each.order_id)
        for each in found.rows
    )
    print_found(found, ("At", "Kind", "On hand", "Reserved", "Reason or order"), rows)


def _print(item: StockItem, *, as_json: bool) -> None:
    if as_json:
        print_json(_shown(item))
    else:
        print_table(_COLUMNS, [_row(item)])


def _shown(item: StockItem) -> dict[str, object]:
    return {
        "sku": item.sku,
        "tracked": item.tracked,
        "policy": item.policy,
        "on_hand": item.on_hand,
        "reserved": item.reserved,
        "available": item.available,
    }


def _row(item: StockItem) -> tuple[object, ...]:
    tracked = "yes" if item.tracked else "no"
    return item.sku, tracked, item.policy, item.on_hand, item.reserved, item.available

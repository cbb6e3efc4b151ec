"""`shop products`: what is in the catalogue, and what is on sale."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, say
from shopcore.catalog.model import CatalogPage, Product, ProductStatus, price_range
from shopcore.kernel.ids import ProductId
from shopcore.shop import ShopOf

_STATUSES = click.Choice([status.value for status in ProductStatus])
_named = click.argument("products", nargs=-1, required=True, metavar="PRODUCT...")


@click.group()
def products() -> None:
    """See what is in the catalogue, and say what is on sale. A product is named by its slug or its id."""


@products.command("list", epilog="Example: shop products list --status draft")
@click.option("--status", type=_STATUSES, help="Only those of this status.")
@limit
@as_json
def list_products(status: str | None, limit: int, *, as_json: bool) -> None:
    """The products, by slug."""
    wanted = None if status is None else ProductStatus(status)
    unreadable: list[str] = []

    async def fetch(shop: ShopOf, limit: int, cursor: str | None) -> CatalogPage:
        page = await shop.catalog.list_catalog(status=wanted, limit=limit, cursor=cursor)
        unreadable.extend(page.unreadable)
        return page

    found = as_owner(lambda shop: collect(partial(fetch, shop), limit))
    for reason in unreadable:
        click.echo(reason, err=True)
    if as_json:
        print_json(found.rows)
        return
    columns = ("Slug", "Title", "Status", "Variants", "Prices", "Updated at")
    print_found(found, columns, (_row(product) for product in found.rows))


@products.command(epilog="Example: shop products publish alder-cutting-board")
@_named
def publish(products: Sequence[str]) -> None:
    """Put products on sale."""
    _change(products, lambda shop: lambda product_id: shop.catalog.publish_product(product_id=product_id))


@products.command(epilog="Example: shop products archive alder-cutting-board")
@_named
def archive(products: Sequence[str]) -> None:
    """Take products off sale; orders that hold them go on."""
    _change(products, lambda shop: lambda product_id: shop.catalog.archive_product(product_id=product_id))


def _change(names: Sequence[str], act: Callable[[ShopOf], Callable[[ProductId], Awaitable[Product]]]) -> None:
    """All of them, or none: a name that is not known is refused before anything is done."""

    async def run(shop: ShopOf) -> Sequence[Product]:
        found = [await shop.catalog.find_product(id_or_slug=name) for name in names]
        return [await act(shop)(product.id) for product in found]

    for product in as_owner(run):
        say(f"{product.slug} is {product.status}.")


def _row(product: Product) -> tuple[object, ...]:
    return (
        product.slug,
        product.title,
        product.status,
        len(product.variants),
        _prices(product),
        moment(product.updated_at),
    )


def _prices(product: Product) -> str:
    """The span in each currency."""
    currencies = sorted({currency for variant in product.variants for currency in variant.prices})
    spans = [span for currency in currencies if (span := price_range(product, currency))]
    return ", ".join(f"{span.min}" if span.min == span.max else f"{span.min} to {span.max}" for span in spans)

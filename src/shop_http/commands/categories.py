"""`shop categories`: the tree."""

from collections.abc import Sequence

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, print_json, say
from shopcore.catalog.model import Category
from shopcore.shop import ShopOf


@click.group()
def categories() -> None:
    """See and grow the tree of categories."""


@categories.command("list", epilog="Example: shop categories list")
@as_json
def list_categories(*, as_json: bool) -> None:
    """The whole tree, each below its parent."""
    found = as_owner(lambda shop: shop.catalog.list_categories())
    if as_json:
        print_json(found)
        return
    for depth, category in _tree(found):
        say(f"{'  ' * depth}{category.slug}  {category.title}")
    if not found:
        say("None.")


@categories.command(epilog="Example: shop categories create Teapots --parent kitchen")
@click.argument("title")
@click.option("--slug", help="Its part of the address; made of the title if it is not said.")
@click.option("--parent", help="The slug of the category above it.")
@click.option("--position", type=click.IntRange(0, 1_000_000), default=0, show_default=True, help="Among its siblings.")
@as_json
def create(title: str, slug: str | None, parent: str | None, position: int, *, as_json: bool) -> None:
    """Add a category."""

    async def run(shop: ShopOf) -> Category:
        above = None if parent is None else await shop.catalog.show_category(slug=parent)
        return await shop.catalog.create_category(
            title=title, slug=slug, parent_id=above.id if above else None, position=position
        )

    category = as_owner(run)
    if as_json:
        print_json(category)
    else:
        say(f"{category.slug} was created.")


def _tree(found: Sequence[Category], parent: str | None = None, depth: int = 0) -> Sequence[tuple[int, Category]]:
    """Depth first, siblings in their order."""
    rows: list[tuple[int, Category]] = []
    for category in found:
        if category.parent_id == parent:
            rows += [(depth, category), *_tree(found, category.id, depth + 1)]
    return rows

"""`shop stock`, `shop products`, `shop categories`: what there is, and how much of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.unit.cli.conftest import Buy, Run, complaint, decoded

SKU = "CEDAR-PENCILS_HB"


def test_stock_is_changed_with_a_reason_and_every_change_is_kept(shop: Run, stocked: Path) -> None:
    """By a difference or to a figure; the movements sum to the level."""
    before = decoded(shop("stock", "show", SKU, "--json"))["on_hand"]

    shop("stock", "adjust", SKU, "--by", "-3", "--reason", "broken")
    shop("stock", "set", SKU, "--to", "40", "--reason", "counted")

    assert decoded(shop("stock", "show", SKU, "--json"))["on_hand"] == 40
    movements = decoded(shop("stock", "movements", SKU, "--json"))
    assert [movement["reason"] for movement in movements][:2] == ["counted", "broken"]
    assert [movement["on_hand"] for movement in movements] == [43 - before, -3, before]
    assert "broken" in shop("stock", "movements", SKU).stdout


def test_text_of_others_cannot_command_the_terminal(shop: Run, stocked: Path) -> None:
    """Escape sequences and markup are shown as signs that do nothing; machines get them escaped."""
    shop("stock", "set", SKU, "--to", "1", "--reason", "\x1b]0;owned\x07 [bold]counted[/bold]")

    table, machine = shop("stock", "movements", SKU).stdout, shop("stock", "movements", SKU, "--json").stdout

    assert "\N{REPLACEMENT CHARACTER}]0;owned\N{REPLACEMENT CHARACTER} [bold]counted[/bold]" in table
    assert [sign for sign in "\x1b\x07" if sign in table + machine] == []


def test_stock_that_is_promised_cannot_be_taken_away(shop: Run, buy: Buy) -> None:
    """An order waits for its payment; less than it needs is refused, and nothing changes."""
    buy(method="requires_action")
    before = shop("stock", "show", SKU).stdout

    assert "more is reserved" in complaint(shop("stock", "set", SKU, "--to", "1", "--reason", "x", status=1))
    assert shop("stock", "show", SKU).stdout == before


def test_wrong_changes_of_stock_are_refused_by_name(shop: Run, stocked: Path) -> None:
    """Which option, and which rule."""
    assert complaint(shop("stock", "show", "NOPE", status=1)) == "there is no stock item NOPE"
    assert complaint(shop("stock", "movements", "NOPE", status=1)) == "there is no stock item NOPE"
    assert "by: must be" in complaint(shop("stock", "adjust", SKU, "--by", "0", "--reason", "x", status=1))
    assert "to: must be" in complaint(shop("stock", "set", SKU, "--to", "-1", "--reason", "x", status=1))
    assert "'--by'" in complaint(shop("stock", "adjust", SKU, "--by", "1.5", "--reason", "x", status=2))
    assert "'--reason'" in complaint(shop("stock", "adjust", SKU, "--by", "1", status=2))
    assert "reason: " in complaint(shop("stock", "adjust", SKU, "--by", "1", "--reason", "", status=1))


def test_a_list_says_when_there_is_more(shop: Run, stocked: Path) -> None:
    """The rows on standard output, the hint on standard error."""
    some = shop("stock", "list", "--limit", "2")

    assert some.stderr == "The first 2; see more with --limit.\n"
    assert SKU in shop("stock", "list").stdout
    assert "'--limit'" in complaint(shop("stock", "list", "--limit", "0", status=2))


def test_a_long_list_is_read_page_by_page(shop: Run, folder: Path) -> None:
    """As many rows as are asked for, whatever the longest page is, none of them twice."""
    skus = [f"SKU-{number:03}" for number in range(130)]
    rows = [f"{sku.lower()},{sku},{sku},1" for sku in skus]
    (folder / "many.csv").write_text("\n".join(["Handle,Title,Variant SKU,Variant Price", *rows]), encoding="utf-8")
    shop("import", "products", "many.csv")

    def listed(limit: int) -> list[str]:
        return [item["sku"] for item in decoded(shop("stock", "list", "--json", "--limit", str(limit)))]

    assert listed(1000) == skus
    assert listed(120) == skus[:120]
    assert listed(100) == skus[:100]


def test_products_leave_and_enter_the_sale(shop: Run, stocked: Path) -> None:
    """By slug or id, several at once; the list shows each status."""
    first, second = (product["slug"] for product in decoded(shop("products", "list", "--limit", "2", "--json")))
    (archived,) = (each["id"] for each in decoded(shop("products", "list", "--json")) if each["slug"] == second)

    assert shop("products", "archive", first, archived).stdout == f"{first} is archived.\n{second} is archived.\n"
    assert [each["slug"] for each in decoded(shop("products", "list", "--status", "archived", "--json"))] == [
        first,
        second,
    ]
    assert shop("products", "publish", first).stdout == f"{first} is active.\n"


def test_a_product_that_is_not_there_stops_the_others(shop: Run, stocked: Path) -> None:
    """All of the named ones, or none."""
    slug = decoded(shop("products", "list", "--limit", "1", "--json"))[0]["slug"]

    assert complaint(shop("products", "archive", slug, "nope", status=1)) == "there is no such product"
    assert decoded(shop("products", "list", "--status", "archived", "--json")) == []
    assert "PRODUCT" in complaint(shop("products", "publish", status=2))


def test_categories_grow_as_a_tree(shop: Run) -> None:
    """A child stands below its parent; a slug is taken once, a parent has to be there."""
    shop("categories", "create", "Kitchen")
    shop("categories", "create", "Tea Pots", "--parent", "kitchen")

    assert shop("categories", "list").stdout == "kitchen  Kitchen\n  tea-pots  Tea Pots\n"
    assert [each["slug"] for each in decoded(shop("categories", "list", "--json"))] == ["kitchen", "tea-pots"]
    assert complaint(shop("categories", "create", "Kitchen", status=1)) == "the slug kitchen is taken"
    assert complaint(shop("categories", "create", "X", "--parent", "nope", status=1)) == "there is no such category"
    assert complaint(shop("categories", "create", " ", status=1)).startswith("title: must not be empty")


def test_a_product_that_cannot_be_read_is_named_beside_the_others(shop: Run, stocked: Path) -> None:
    """Standard output holds what can be read, also as JSON."""
    first, *others = decoded(shop("products", "list", "--json"))
    with closing(sqlite3.connect(stocked / "shop.db")) as connection, connection:
        connection.execute("UPDATE products SET body = ? WHERE slug = ?", (b'{"id": 7}', first["slug"]))
        (product_id,) = connection.execute("SELECT id FROM products WHERE slug = ?", (first["slug"],)).fetchone()
    found = shop("products", "list", "--json")

    assert decoded(found) == others
    assert f"products/{product_id} is not what a shop wrote" in found.stderr
    assert "mend it, or restore it" in found.stderr

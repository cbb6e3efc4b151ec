"""An import, over the embedded store: what it adds, changes, leaves alone and refuses."""

from importlib.resources import files

import msgspec
import pytest
from tests.unit.operations.exports import EXPORT, export, file_of, mug, shirt
from tests.unit.operations.shop import MERCHANT, Shop

from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.catalog.events import ProductChanged
from shopcore.catalog.model import Category, Option, Price, Product, ProductStatus, archive
from shopcore.inventory.events import StockAdjusted
from shopcore.inventory.model import MovementKind, StockLine, StockPolicy, hold
from shopcore.kernel.actor import Actor, Guest, Staff
from shopcore.kernel.errors import Forbidden, ShopError, Unauthenticated
from shopcore.kernel.ids import CategoryId, OrderId, Sku
from shopcore.kernel.money import Money
from shopcore.operations.errors import UnreadableFile

pytestmark = pytest.mark.anyio

TRACKED = {"Variant_Inventory_Tracker": "shopify"}


async def test_a_file_fills_an_empty_shop(shop: Shop) -> None:
    """Products with their variants, their category, and the stock of what is tracked."""
    report = await shop.take_in_file(EXPORT)
    bag = await shop.products.get_by_slug("dry-bag")
    category = await shop.categories.get_by_slug("bags-packs")

    assert (report.created, report.updated, report.unchanged, report.refused) == (3, 0, 0, ())
    assert bag.status is ProductStatus.ACTIVE
    assert bag.options == (
        Option(name="Size", values=("10 litres", "20 litres")),
        Option(name="Colour", values=("Red", "Blue")),
    )
    assert bag.variants[0].prices == {"USD": Price(price=Money(2995, "USD"), compare_at=Money(3500, "USD"))}
    assert bag.variants[0].title == "10 litres / Red"
    assert (category.title, bag.category_ids) == ("Bags & Packs", (category.id,))
    assert (await shop.stock("DRY-BAG_10-LITRES_RED")).on_hand == 12
    assert (await shop.stock("BAG-20-R")).policy is StockPolicy.CONTINUE
    assert (await shop.stock("RIVER-KAYAK")).tracked is False


async def test_a_new_product_is_a_draft_unless_the_file_says_otherwise(shop: Shop) -> None:
    await shop.take_in(mug(Published=""))

    assert (await shop.products.get_by_slug("mug")).status is ProductStatus.DRAFT


async def test_stock_follows_the_file_only_when_its_figure_changes(shop: Shop) -> None:
    """Three were sold since; a file that still says ten knows nothing of that, one that says eight has been counted."""
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="10"))
    await shop.levels.adjust(Sku("MUG"), -3, reason="sold", movement_id="sold", at=shop.clock.now())
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="10", Title="Big Mug"))
    after_the_same = (await shop.stock("MUG")).on_hand
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="8"))

    assert after_the_same == 7
    assert (await shop.stock("MUG")).on_hand == 8
    movements = (await shop.levels.movements(Sku("MUG"), None, 10)).items
    assert [(movement.kind, movement.on_hand) for movement in movements] == [
        (MovementKind.IMPORTED, 1),
        (MovementKind.ADJUSTED, -3),
        (MovementKind.IMPORTED, 10),
    ]


async def test_the_rules_of_stock_follow_the_file(shop: Shop) -> None:
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="10"))
    report = await shop.take_in(mug(Variant_Inventory_Policy="continue"))
    item = await shop.stock("MUG")

    assert report.updated == 1
    assert (item.tracked, item.policy, item.on_hand) == (False, StockPolicy.CONTINUE, 10)


async def test_a_figure_below_what_is_promised_is_refused(shop: Shop) -> None:
    """The product changes all the same, and the level stays what it was."""
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="10"))
    lines = (StockLine(sku=Sku("MUG"), quantity=6),)
    await SqliteReservations(shop.database).reserve(hold(OrderId("order"), lines, shop.clock.now()), shop.clock.now())
    report = await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="5", Title="Big Mug"))

    assert [(refusal.row, refusal.field) for refusal in report.refused] == [(2, "Variant Inventory Qty")]
    assert ((await shop.stock("MUG")).on_hand, (await shop.products.get_by_slug("mug")).title) == (10, "Big Mug")


async def test_variants_keep_their_ids(shop: Shop) -> None:
    """Matched by a SKU that the file states, else by their options; a blank SKU leaves the one that there is."""
    await shop.take_in(shirt("S", Variant_SKU="ONE"), shirt("M", Variant_SKU="TWO"))
    before = {variant.sku: variant.id for variant in (await shop.products.get_by_slug("shirt")).variants}
    await shop.take_in(shirt("Small", Variant_SKU="ONE"), shirt("M"), shirt("L"))
    after = (await shop.products.get_by_slug("shirt")).variants

    assert [(variant.option_values, variant.sku) for variant in after] == [
        (("Small",), "ONE"),
        (("M",), "TWO"),
        (("L",), "SHIRT_L"),
    ]
    assert [variant.id for variant in after[:2]] == [before[Sku("ONE")], before[Sku("TWO")]]


async def test_what_the_file_does_not_name_stays(shop: Shop) -> None:
    """An import adds and changes; a file with a single variant, or a refused row, takes nothing away."""
    await shop.take_in(mug(), shirt("S"), shirt("M"), shirt("L"))
    report = await shop.take_in(shirt("S", Variant_Price="oops"), shirt("M", Variant_Price="25"))
    variants = (await shop.products.get_by_slug("shirt")).variants

    assert (report.updated, len(report.refused)) == (1, 1)
    assert [(variant.title, variant.prices["USD"].price.amount) for variant in variants] == [
        ("S", 2000),
        ("M", 2500),
        ("L", 2000),
    ]
    assert (await shop.products.get_by_slug("mug")).title == "Mug"


async def test_variants_that_no_longer_fit_the_options_go(shop: Shop) -> None:
    await shop.take_in(mug())
    await shop.take_in(mug(Option1_Name="Size", Option1_Value="Large"))
    product = await shop.products.get_by_slug("mug")

    assert [variant.option_values for variant in product.variants] == [("Large",)]


async def test_columns_that_are_not_there_change_nothing(shop: Shop) -> None:
    """Nor does the file undo what it cannot know: attributes, further categories, prices in other currencies."""
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="4", Type="Cups", Tags="a, b", Vendor="Kiln"))
    by_hand = CategoryId("by-hand")
    await shop.categories.add(Category(id=by_hand, slug="gifts", title="Gifts"))
    euros = Price(price=Money(900, "EUR"))

    def edit(product: Product) -> Product:
        (variant,) = product.variants
        variant = msgspec.structs.replace(variant, prices={**variant.prices, "EUR": euros})
        categories = (*product.category_ids, by_hand)
        replace = msgspec.structs.replace
        return replace(product, attributes={"ml": "300"}, category_ids=categories, variants=(variant,))

    product_id = (await shop.products.get_by_slug("mug")).id
    edited = await shop.products.update(product_id, edit)
    await shop.take_in_file(export(mug(Variant_Price="11"), columns=("Handle", "Title", "Variant Price", "Published")))
    product = await shop.products.get(product_id)

    assert product.variants[0].prices == {"USD": Price(price=Money(1100, "USD")), "EUR": euros}
    assert (product.tags, product.brand, product.attributes) == (("a", "b"), "Kiln", {"ml": "300"})
    assert product.category_ids == edited.category_ids
    assert (await shop.stock("MUG")).tracked


async def test_a_blank_cell_empties_what_its_column_states(shop: Shop) -> None:
    await shop.take_in(mug(Vendor="Kiln", Tags="a", Variant_Compare_At_Price="12", Variant_Barcode="123"))
    await shop.take_in(mug())
    product = await shop.products.get_by_slug("mug")

    assert (product.brand, product.tags, product.variants[0].barcode) == (None, (), None)
    assert product.variants[0].prices["USD"].compare_at is None


async def test_the_sku_of_another_product_is_refused_and_the_rest_taken(shop: Shop) -> None:
    await shop.take_in(mug(Variant_SKU="A"))
    report = await shop.take_in(shirt("S", Variant_SKU="A"), shirt("M"))

    assert [(refusal.row, refusal.field, refusal.message) for refusal in report.refused] == [
        (2, "Variant SKU", "A is a SKU of the product mug")
    ]
    assert [variant.title for variant in (await shop.products.get_by_slug("shirt")).variants] == ["M"]


async def test_one_bad_product_undoes_no_other(shop: Shop) -> None:
    """Products on their way together are committed together, and refused alone."""
    await shop.take_in(shirt("S", Variant_SKU="ONE"), shirt("M", Variant_SKU="TWO"))
    swapped = shirt("M", Variant_SKU="ONE")
    report = await shop.take_in(mug(Handle="first"), swapped, mug(Handle="last", Type="Cups"))

    assert report.created == 2
    assert [(refusal.row, refusal.handle) for refusal in report.refused] == [(3, "shirt")]
    assert (await shop.products.get_by_slug("last")).category_ids


async def test_a_change_is_published_and_recorded(shop: Shop) -> None:
    """In the transaction that made it; the run itself is one more entry."""
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="4"), shirt("S"))
    shop.heard.clear()
    await shop.take_in(mug(**TRACKED, Variant_Inventory_Qty="6"), shirt("S", Title="Tee"))
    entries = (await shop.audit_log.page(None, 100)).items
    shirt_id = (await shop.products.get_by_slug("shirt")).id

    assert [type(event) for event in shop.heard] == [StockAdjusted, ProductChanged]
    assert [entry.action for entry in entries] == ["product.imported", "product.imported", "products.imported"] * 2
    assert (entries[4].subject, entries[4].before["version"], entries[4].after["version"]) == (
        f"product/{shirt_id}",
        "1",
        "2",
    )
    assert entries[5].after == {"created": "0", "updated": "2", "unchanged": "0", "refused": "0"}


async def test_an_archived_product_is_put_on_sale_again_by_a_file_that_says_so(shop: Shop) -> None:
    await shop.take_in(mug())
    product = await shop.products.get_by_slug("mug")
    await shop.products.update(product.id, lambda current: archive(current, shop.clock.now()))
    await shop.take_in(mug())

    assert (await shop.products.get(product.id)).status is ProductStatus.ACTIVE


async def test_progress_counts_every_row(shop: Shop) -> None:
    """Refused ones, too; more products than are on their way at once."""
    rows = [mug(Handle=f"mug-{number}", Variant_Price="1" if number % 3 else "") for number in range(120)]
    seen: list[tuple[int, int]] = []
    report = await shop.import_products(
        MERCHANT, file=file_of(export(*rows)), progress=lambda done, total: seen.append((done, total))
    )

    assert seen == [(50, 120), (100, 120), (120, 120)]
    assert (report.created, report.refused_rows) == (80, 40)


@pytest.mark.parametrize(
    ("actor", "error"),
    [(Guest(), Unauthenticated), (Staff(name="packer", permissions=frozenset({"inventory:write"})), Forbidden)],
)
async def test_an_import_needs_its_permission(shop: Shop, actor: Actor, error: type[ShopError]) -> None:
    before = await shop.everything()
    with pytest.raises(error):
        await shop.import_products(actor, file=file_of(EXPORT))

    assert await shop.everything() == before


async def test_a_file_that_breaks_at_its_end_leaves_no_trace(shop: Shop) -> None:
    before = await shop.everything()
    with pytest.raises(UnreadableFile):
        await shop.take_in_file(EXPORT + b"caf\xe9,Cafe\n")

    assert await shop.everything() == before


async def test_the_shipped_sample_is_a_shop(shop: Shop) -> None:
    """What `shop serve --sample` sells: options, categories, counted stock, prices with cents, and no refusal."""
    content = files("shop_http").joinpath("sample_products.csv").read_bytes()
    report = await shop.take_in_file(content)
    items = (await shop.levels.page(None, 100)).items

    assert (report.created, report.refused) == (15, ())
    assert len(await shop.categories.everything()) == 3
    assert sum(item.tracked for item in items) == len(items) - 1

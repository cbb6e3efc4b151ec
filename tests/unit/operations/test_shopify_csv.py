"""A Shopify export, read: what it states."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.operations.exports import COLUMNS, EXPORT, export, file_of, mug, read

from shopcore.adapters.files.sanitizer import Nh3Sanitizer
from shopcore.catalog.model import Media, ProductStatus
from shopcore.inventory.model import StockPolicy
from shopcore.kernel.money import Money
from shopcore.operations.errors import UnreadableFile

pytestmark = pytest.mark.anyio


async def test_an_export_is_read_whole() -> None:
    """Variants, rows that are an image only, and columns that nobody knows."""
    products, refusals = await read(EXPORT)

    assert refusals == []
    assert [(product.handle, len(product.variants)) for product in products] == [
        ("river-kayak", 1),
        ("dry-bag", 3),
        ("paddle-repair", 1),
    ]


async def test_what_is_no_variant_has_no_options() -> None:
    """Title / Default Title is how Shopify writes that there are none."""
    (kayak, _, _), _ = await read(EXPORT)

    assert kayak.option_names == ()
    assert kayak.variants[0].option_values == ()
    assert kayak.variants[0].sku == "RIVER-KAYAK"
    assert kayak.variants[0].price == Money(64000, "USD")


async def test_a_product_says_what_it_is_in_its_first_row() -> None:
    (kayak, bag, repair), _ = await read(EXPORT)

    assert kayak.tags == ("boats", "river")
    assert (bag.brand, bag.category, bag.option_names) == ("North Arm", "Bags & Packs", ("Size", "Colour"))
    assert (repair.brand, repair.category) == ("", None)
    assert (kayak.status, repair.status) == (ProductStatus.ACTIVE, ProductStatus.DRAFT)
    assert repair.description == "Bring it by, or send it.\nWe call you when it is done."


async def test_a_variant_has_its_own_figures() -> None:
    """A weight has fractions of a gram where it was entered in other units; nothing below zero is on hand."""
    (_, bag, _), _ = await read(EXPORT)
    red, blue, large = bag.variants

    assert [variant.sku for variant in bag.variants] == ["DRY-BAG_10-LITRES_RED", "DRY-BAG_10-LITRES_BLUE", "BAG-20-R"]
    assert (red.price, red.compare_at, red.weight_grams) == (Money(2995, "USD"), Money(3500, "USD"), 411)
    assert (red.tracked, red.quantity, red.policy) == (True, 12, StockPolicy.DENY)
    assert (large.quantity, large.policy, large.compare_at) == (0, StockPolicy.CONTINUE, None)
    assert (large.sku_given, blue.sku_given, large.barcode) == (True, False, "5901234123457")


async def test_images_go_by_their_position_and_those_of_variants_last() -> None:
    (kayak, bag, _), _ = await read(EXPORT)

    assert kayak.media == (
        Media(url="https://example.com/kayak-1.jpg", alt="The kayak from above"),
        Media(url="https://example.com/kayak-2.jpg"),
    )
    assert bag.media == (Media(url="https://example.com/bag.jpg"), Media(url="https://example.com/bag-blue.jpg"))


async def test_a_blank_tracker_means_that_stock_is_not_counted() -> None:
    """Whatever the quantity says."""
    (product,), _ = await read(export(mug(Variant_Inventory_Qty="1")))

    assert (product.variants[0].tracked, product.variants[0].quantity) == (False, None)


async def test_html_is_made_harmless() -> None:
    """No script, no handler of events; links tell the other side nothing."""
    (kayak, _, _), _ = await read(EXPORT)

    assert kayak.description == (
        '<p>Stable, light and <b>quick</b>. <a href="https://example.com/care" rel="noopener noreferrer">Care</a></p>'
    )


fragments = st.sampled_from(
    [*"<>/=\"' a&;\0", "script", " onload=", "javascript:", " href=", "<a ", "<p", "<!--", "-->", "<style"]
)


@given(html=st.lists(fragments, max_size=30).map("".join))
def test_what_is_sanitised_stays_so(html: str) -> None:
    """So that a description which is saved again does not change."""
    cleaner = Nh3Sanitizer()
    once = cleaner.clean(html)

    assert cleaner.clean(once) == once
    assert "<script" not in once


@pytest.mark.parametrize(
    ("published", "status", "expected"),
    [
        ("true", None, ProductStatus.ACTIVE),
        ("TRUE", None, ProductStatus.ACTIVE),
        ("false", None, ProductStatus.DRAFT),
        ("", None, None),
        ("true", "draft", ProductStatus.DRAFT),
        ("false", "active", ProductStatus.ACTIVE),
        ("true", "archived", ProductStatus.ARCHIVED),
        ("true", "", ProductStatus.ACTIVE),
    ],
)
async def test_status_wins_over_published(published: str, status: str | None, expected: ProductStatus | None) -> None:
    row = mug(Published=published, **({} if status is None else {"Status": status}))
    (product,), _ = await read(export(row, columns=COLUMNS if status is None else (*COLUMNS, "Status")))

    assert product.status is expected


async def test_a_file_may_have_the_three_needed_columns_only() -> None:
    """What it does not state is None, so that an import leaves it as it is."""
    (product,), refusals = await read(b"handle , TITLE,Variant Price\r\nmug,Mug,9.5\r\n")

    assert refusals == []
    assert (product.description, product.tags, product.media, product.status) == (None, None, None, None)
    assert (product.variants[0].tracked, product.variants[0].policy) == (None, None)


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + EXPORT, EXPORT.replace(b"\n", b"\r\n"), EXPORT + b"\n,,,\n\n"])
async def test_a_byte_order_mark_line_ends_and_empty_rows_do_not_matter(content: bytes) -> None:
    products, refusals = await read(content)

    assert refusals == []
    assert [product.handle for product in products] == ["river-kayak", "dry-bag", "paddle-repair"]


async def test_a_price_has_as_many_decimals_as_its_currency() -> None:
    yen, _ = await read(export(mug(Variant_Price="950")), "JPY")
    dinar, _ = await read(export(mug(Variant_Price="9.505")), "KWD")

    assert yen[0].variants[0].price == Money(950, "JPY")
    assert dinar[0].variants[0].price == Money(9505, "KWD")


cells = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [
        "mug",
        "Title",
        "Default Title",
        "Size",
        "true",
        "active",
        "9.99",
        "-1",
        "1.5",
        "deny",
        "shopify",
        "=1+1",
        '"',
        "\r",
    ]
)
rows = st.lists(st.dictionaries(st.sampled_from(COLUMNS), cells), max_size=6)


contents = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=60).map(lambda rest: EXPORT[:900] + rest),
    rows.map(lambda some: export(*some)),
)


@given(content=contents)
async def test_any_bytes_are_read_or_refused_in_the_documented_way(content: bytes) -> None:
    """Nothing but `UnreadableFile` is raised; every row is a part of a product, or refused by its number."""
    file = file_of(content)
    try:
        count = await file.count()
    except UnreadableFile:
        return
    found = [each async for batch in file.read("USD", 3) for each in batch]
    skus = [variant.sku for each in found if each.product for variant in each.product.variants]

    assert sum(each.rows for each in found) == count
    assert len(set(skus)) == len(skus)
    assert all(each.product or each.refused for each in found)

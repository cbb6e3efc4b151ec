"""A Shopify export, read: what it states, what is refused of it, and what makes it unreadable."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.operations.exports import COLUMNS, Cells, export, file_of, mug, read, shirt

from shopcore.adapters.files.sanitizer import Nh3Sanitizer
from shopcore.adapters.files.shopify_csv import ShopifyCsv
from shopcore.catalog.model import Media, ProductStatus
from shopcore.inventory.model import StockPolicy
from shopcore.kernel.money import Money
from shopcore.operations.errors import UnreadableFile

pytestmark = pytest.mark.anyio

EXPORT = (Path(__file__).parents[2] / "data" / "shopify_export.csv").read_bytes()


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


REFUSED: dict[str, tuple[list[Cells], int, str, str]] = {
    "no price": ([mug(), shirt("S", Variant_Price="")], 3, "Variant Price", "is missing"),
    "negative price": ([mug(Variant_Price="-1")], 2, "Variant Price", "must not be negative"),
    "price with a sign": ([mug(Variant_Price="$9.50")], 2, "Variant Price", "'$9.50' is not an amount such as 9.99"),
    "price in words": ([mug(Variant_Price="nan")], 2, "Variant Price", "'nan' is not an amount such as 9.99"),
    "price as a power": (
        [mug(Variant_Price="1e9999999")],
        2,
        "Variant Price",
        "'1e9999999' is not an amount such as 9.99",
    ),
    "half a cent": ([mug(Variant_Price="9.505")], 2, "Variant Price", "'9.505' has more decimals than USD has"),
    "a fortune": ([mug(Variant_Price="10000000000.01")], 2, "Variant Price", "must be at most 10000000000.00 USD"),
    "compare-at price": (
        [mug(Variant_Compare_At_Price="x")],
        2,
        "Variant Compare At Price",
        "'x' is not an amount such as 9.99",
    ),
    "half a piece": (
        [mug(Variant_Inventory_Qty="1.5")],
        2,
        "Variant Inventory Qty",
        "'1.5' is not a whole number of at most nine digits",
    ),
    "pieces beyond count": (
        [mug(Variant_Inventory_Qty="1000000000")],
        2,
        "Variant Inventory Qty",
        "'1000000000' is not a whole number of at most nine digits",
    ),
    "policy": ([mug(Variant_Inventory_Policy="maybe")], 2, "Variant Inventory Policy", "must be deny or continue"),
    "weight": ([mug(Variant_Grams="-3")], 2, "Variant Grams", "'-3' is not a weight in grams"),
    "flag": ([mug(Variant_Taxable="yes")], 2, "Variant Taxable", "must be true, false or blank"),
    "image": (
        [mug(Image_Src="javascript:alert(1)")],
        2,
        "Image Src",
        "must be the address of an image, such as https://example.com/shirt.jpg",
    ),
    "status": ([mug(Status="unlisted")], 2, "Status", "must be draft or active or archived"),
    "gift card": ([mug(Gift_Card="true")], 2, "Gift Card", "is true: this shop cannot issue gift cards"),
    "no title": ([mug(Title=" ")], 2, "Title", "is missing"),
    "long title": ([mug(Title="x" * 256)], 2, "Title", "must be at most 255 characters"),
    "title with a NUL": ([mug(Title="a\0b")], 2, "Title", "must hold no control characters"),
    "no handle": ([mug(Handle="")], 2, "Handle", "is missing"),
    "long body": ([{**mug(), "Body (HTML)": "x" * 100_001}], 2, "Body (HTML)", "must be at most 100,000 characters"),
    "no option value": ([shirt("S"), shirt("")], 3, "Option1 Value", "is missing"),
    "option without a name": (
        [shirt("S", Option2_Value="Red")],
        2,
        "Option2 Value",
        "the product's first row has no Option2 Name",
    ),
    "options of one name": (
        [shirt("S", Option2_Name="Size", Option2_Value="L")],
        2,
        "Option2 Name",
        "the options must have different names",
    ),
    "fourth option": (
        [shirt("S", Option4_Name="Cut", Option4_Value="Slim")],
        2,
        "Option4 Value",
        "a product has at most 3 options",
    ),
    "same options": (
        [shirt("S"), shirt("S", Variant_SKU="B")],
        3,
        "Option1 Value",
        "the options are those of row 2, too",
    ),
    "same SKU": ([mug(Variant_SKU="A"), shirt("S", Variant_SKU="A")], 3, "Variant SKU", "A is that of row 2, too"),
    "same SKU as a made one": ([mug(), shirt("S", Variant_SKU="MUG")], 3, "Variant SKU", "MUG is that of row 2, too"),
    "neither variant nor image": (
        [shirt("S"), {"Handle": "shirt", "Variant Taxable": "true"}],
        3,
        "Variant Price",
        "the row has neither a variant nor an image",
    ),
    "returning handle": (
        [mug(), shirt("S"), mug(Variant_SKU="B")],
        4,
        "Handle",
        "is that of row 2, too: the rows of one product must stand together",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_row_that_breaks_a_rule_is_refused_by_name(case: str) -> None:
    """And by its number in the file, where the header is row 1."""
    rows, number, field, message = REFUSED[case]
    columns = (*COLUMNS, "Status", "Option4 Name", "Option4 Value")
    products, refusals = await read(export(*rows, mug(Handle="last"), columns=columns))

    assert [(refusal.row, refusal.field, refusal.message) for refusal in refusals] == [(number, field, message)]
    assert products[-1].handle == "last"


async def test_a_refused_row_leaves_the_rest_of_its_product() -> None:
    """Also when it is the first, which says what the product is."""
    content = export(shirt("S", Variant_Price=""), shirt("M"), shirt("L", Variant_Inventory_Qty="many"))
    (product,), refusals = await read(content)

    assert [variant.option_values for variant in product.variants] == [("M",)]
    assert [refusal.row for refusal in refusals] == [2, 4]


async def test_a_product_that_cannot_be_takes_all_its_rows_along() -> None:
    """Each is named, so that nothing goes missing without a word."""
    products, refusals = await read(export(shirt("S", Title=""), shirt("M"), shirt("L"), mug()))

    assert [product.handle for product in products] == ["mug"]
    assert [(refusal.row, refusal.message) for refusal in refusals] == [
        (2, "is missing"),
        (3, "its product is refused: see row 2"),
        (4, "its product is refused: see row 2"),
    ]


async def test_every_fault_of_a_row_is_told() -> None:
    _, refusals = await read(export(mug(Variant_Price="", Variant_Grams="heavy", Variant_Inventory_Qty="some")))

    assert {refusal.field for refusal in refusals} == {"Variant Price", "Variant Grams", "Variant Inventory Qty"}


@pytest.mark.parametrize("cells", ["mug,Mug", "mug,Mug,9,surplus"])
async def test_a_ragged_row_is_refused(cells: str) -> None:
    products, (refusal,) = await read(f"Handle,Title,Variant Price\n{cells}\ncup,Cup,4\n".encode())

    assert [product.handle for product in products] == ["cup"]
    assert (refusal.row, refusal.handle) == (2, "mug")
    assert "where the header has 3" in refusal.message


async def test_a_price_has_as_many_decimals_as_its_currency() -> None:
    yen, _ = await read(export(mug(Variant_Price="950")), "JPY")
    dinar, _ = await read(export(mug(Variant_Price="9.505")), "KWD")

    assert yen[0].variants[0].price == Money(950, "JPY")
    assert dinar[0].variants[0].price == Money(9505, "KWD")


UNREADABLE = {
    "empty": (b"", "header", "lacks Handle, Title, Variant Price: the file is empty"),
    "another file": (b"a,b\n1,2\n", "header", "lacks Handle, Title, Variant Price"),
    "one column missing": (b"Handle,Title\n", "header", "lacks Variant Price"),
    "semicolons": (
        b"Handle;Title;Variant Price\n",
        "header",
        "lacks Handle, Title, Variant Price (the columns must be separated by commas)",
    ),
    "a column twice": (b"Handle,Title,Variant Price,title\n", "header", "names twice: title"),
    "Latin-1": (
        "Handle,Title,Variant Price\nmug,Mug,1\ncafé,Café,2\n".encode("latin-1"),
        "rows/3/Handle",
        "byte 0xE9 is not UTF-8: save the file as CSV UTF-8",
    ),
    "Latin-1 after a comma in quotes": (
        b'Handle,Title,Variant Price\nmug,"Mug, \xe9",1\n',
        "rows/2/Title",
        "byte 0xE9 is not UTF-8: save the file as CSV UTF-8",
    ),
    "UTF-16": (
        "Handle,Title\n".encode("utf-16"),
        "rows/1/column 1",
        "byte 0xFF is not UTF-8: save the file as CSV UTF-8",
    ),
    "quote": (
        b'Handle,Title,Variant Price\nmug,"Mug"s,1\n',
        "rows/2",
        "has quotation marks that do not fit: ',' expected after '\"'",
    ),
    "open quote": (
        b'Handle,Title,Variant Price\nmug,"Mug,1\n',
        "rows/2",
        "has quotation marks that do not fit: unexpected end of data",
    ),
    "huge field": (
        b'Handle,Title,Variant Price\nmug,"Mug, big",' + b"1" * 140_000 + b"\n",
        "rows/2/Variant Price",
        "is longer than 131,072 characters",
    ),
    "huge row": (
        b"Handle,Title,Variant Price\n" + b"1," * 2_200_000 + b"\n",
        "rows/2",
        "is longer than 4 MiB: is a quotation mark not closed, or is it no CSV file?",
    ),
    "old line ends": (
        b"Handle,Title,Variant Price\rmug,Mug,1\r",
        "rows/1",
        "has a line that ends in a carriage return alone: save the file with ordinary line ends",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_an_unreadable_file_is_refused_before_a_product_is_taken(case: str) -> None:
    """By the look that counts its rows; the error names the place and the rule."""
    content, field, message = UNREADABLE[case]
    with pytest.raises(UnreadableFile) as refused:
        await file_of(content).count()

    assert [(error.field, error.message) for error in refused.value.errors] == [(field, message)]


@pytest.mark.parametrize("name", ["missing.csv", "."])
async def test_a_file_that_is_not_there_is_unreadable(name: str, tmp_path: Path) -> None:
    file = ShopifyCsv.at(tmp_path / name, Nh3Sanitizer())
    with pytest.raises(UnreadableFile) as refused:
        await file.count()

    assert refused.value.errors[0].field == "file"


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

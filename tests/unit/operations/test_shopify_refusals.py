"""What is refused of a Shopify export, row by row, and what makes one unreadable."""

from pathlib import Path

import pytest
from tests.unit.operations.exports import COLUMNS, Cells, export, file_of, mug, read, shirt

from shopcore.adapters.files.sanitizer import Nh3Sanitizer
from shopcore.adapters.files.shopify_csv import ShopifyCsv
from shopcore.operations.errors import UnreadableFile

pytestmark = pytest.mark.anyio

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

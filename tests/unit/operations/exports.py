"""Product exports written by tests, and what is read from them."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from shopcore.adapters.files.sanitizer import Nh3Sanitizer
from shopcore.adapters.files.shopify_csv import ShopifyCsv
from shopcore.operations.model import ImportedProduct, Refusal

COLUMNS = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published"),
    *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value"),
    *("Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy"),
    *("Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable", "Variant Barcode"),
    *("Image Src", "Image Position", "Image Alt Text", "Gift Card", "Variant Image", "Variant Weight Unit"),
)
Cells = Mapping[str, str]

EXPORT = (Path(__file__).parents[2] / "data" / "shopify_export.csv").read_bytes()
"""A file in the shape of a real export, with more columns than anybody reads."""


def mug(**cells: str) -> Cells:
    """A product of one row, on sale, without options; keywords are columns with `_` for a space."""
    stated = {name.replace("_", " "): value for name, value in cells.items()}
    return {"Handle": "mug", "Title": "Mug", "Published": "true", "Variant Price": "9.50", **stated}


def shirt(size: str, **cells: str) -> Cells:
    """A row of a product that comes in sizes; the first such row of a file says what it is."""
    stated = {name.replace("_", " "): value for name, value in cells.items()}
    title = {"Title": "Shirt", "Option1 Name": "Size", "Published": "true"}
    return {"Handle": "shirt", **title, "Option1 Value": size, "Variant Price": "20", **stated}


def export(*rows: Cells, columns: Sequence[str] = COLUMNS) -> bytes:
    """The file, in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def file_of(content: bytes) -> ShopifyCsv:
    """The same, to be read."""
    return ShopifyCsv(lambda: io.BytesIO(content), Nh3Sanitizer())


async def read(content: bytes, currency: str = "USD") -> tuple[list[ImportedProduct], list[Refusal]]:
    """Everything in a file: products, and what was refused."""
    file = file_of(content)
    await file.count()
    found = [rows async for batch in file.read(currency, 7) for rows in batch]
    return [rows.product for rows in found if rows.product], [refusal for rows in found for refusal in rows.refused]

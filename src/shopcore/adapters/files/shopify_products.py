"""From the rows of one handle to a product: the first says what it is, and each is a variant, an image, or both."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from shopcore.adapters.files.shopify_names import generated_skus, slug_of
from shopcore.adapters.files.shopify_rows import Row
from shopcore.catalog.model import LONGEST_DESCRIPTION, MAX_OPTIONS, MAX_VARIANTS, Media, ProductStatus
from shopcore.catalog.ports import Sanitizer
from shopcore.inventory.model import StockPolicy
from shopcore.kernel.ids import Sku
from shopcore.kernel.money import Money
from shopcore.operations.model import ImportedProduct, ImportedVariant, ProductRows

MAX_ROWS = MAX_VARIANTS + 250  # of one product: its variants, and as many more images as Shopify lets a product have

_OPTIONS = range(1, MAX_OPTIONS + 1)
_DEFAULT_NAME, _DEFAULT_VALUE = "Title", "Default Title"  # how Shopify writes that a product has no options
_LAST = 10**9  # the place of an image without a position: after all that have one
_SAYS_VARIANT = (
    *(f"Option{number} Value" for number in _OPTIONS),
    "Variant SKU",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Grams",
    "Variant Inventory Qty",
    "Variant Barcode",
)
"""A row after the first in which these are blank holds an image only; some tools fill in the other columns."""


class ShopifyProducts:
    """Makes products of groups of rows, and remembers handles and SKUs so that none comes twice."""

    def __init__(self, currency: str, sanitizer: Sanitizer) -> None:
        self._currency = currency
        self._sanitizer = sanitizer
        self._handles: dict[str, int] = {}
        self._skus: dict[Sku, int] = {}

    def product_rows(self, rows: Sequence[Row]) -> ProductRows:
        """What the rows of one handle, which stand together, make."""
        head = rows[0]
        before = self._handles.setdefault(head.handle, head.number)
        product = None
        if not head.handle:
            _refuse_all(rows, "is missing")
        elif before != head.number:
            _refuse_all(rows, f"is that of row {before}, too: the rows of one product must stand together")
        else:
            product = self._product(rows)
        refused = tuple(refusal for row in rows for refusal in row.refusals)
        return ProductRows(rows=len(rows), product=product, refused=refused)

    def _product(self, rows: Sequence[Row]) -> ImportedProduct | None:
        head, names = rows[0], _option_names(rows[0])
        product = self._head(head, tuple(names.values()))
        if head.refusals:
            _refuse_all(rows[1:], f"its product is refused: see row {head.number}")
            return None
        media = _media(rows)
        variants = self._variants(rows, names, product.slug)
        if not variants:
            _refuse_all([row for row in rows if not row.refusals], "its product is refused: no variant of it is left")
            return None
        return msgspec.structs.replace(product, variants=variants, media=media)

    def _head(self, head: Row, option_names: tuple[str, ...]) -> ImportedProduct:
        title = head.text("Title")
        if not head.cell("Title"):
            head.refuse("Title", "is missing")
        if head.flag("Gift Card"):
            head.refuse("Gift Card", "is true: this shop cannot issue gift cards")
        return ImportedProduct(
            row=head.number,
            handle=head.handle,
            slug=slug_of(head.handle),
            title=title,
            variants=(),
            option_names=option_names,
            description=self._description(head),
            brand=head.optional_text("Vendor"),
            status=_status(head),
            category=head.text("Type") or None,
            tags=_tags(head),
        )

    def _description(self, head: Row) -> str | None:
        column = "Body (HTML)"
        if not head.has_column(column):
            return None
        html = self._sanitizer.clean(head.cell(column))
        if len(html) > LONGEST_DESCRIPTION:
            head.refuse(column, f"must be at most {LONGEST_DESCRIPTION:,} characters")
        return html

    def _variants(self, rows: Sequence[Row], names: Mapping[int, str], slug: str) -> tuple[ImportedVariant, ...]:
        stated = [row for row in rows if row is rows[0] or any(map(row.cell, _SAYS_VARIANT))]
        values = [_option_values(row, names) for row in stated]
        made = generated_skus(slug, values)
        seen: dict[tuple[str, ...], int] = {}
        variants = []
        for row, combination, sku in zip(stated, values, made, strict=True):
            variant = self._variant(row, combination, sku)
            if variant is not None and self._is_another(row, variant, seen):
                variants.append(variant)
        return tuple(variants)

    def _variant(self, row: Row, option_values: tuple[str, ...], made: Sku) -> ImportedVariant | None:
        price, compare_at = self._prices(row)
        tracked, quantity = _stock(row)
        given = row.text("Variant SKU")
        variant = ImportedVariant(
            row=row.number,
            sku=Sku(given) if given else made,
            sku_given=bool(given),
            price=price or Money.zero(self._currency),
            option_values=option_values,
            compare_at=compare_at,
            weight_grams=row.grams("Variant Grams"),
            requires_shipping=row.flag("Variant Requires Shipping"),
            taxable=row.flag("Variant Taxable"),
            barcode=row.optional_text("Variant Barcode"),
            tracked=tracked,
            policy=row.choice("Variant Inventory Policy", StockPolicy),
            quantity=quantity,
        )
        return None if row.refusals else variant

    def _prices(self, row: Row) -> tuple[Money | None, Money | UnsetType | None]:
        if not row.cell("Variant Price"):
            row.refuse("Variant Price", "is missing")
        column = "Variant Compare At Price"
        compare_at = row.amount(column, self._currency) if row.has_column(column) else UNSET
        return row.amount("Variant Price", self._currency), compare_at

    def _is_another(self, row: Row, variant: ImportedVariant, seen: dict[tuple[str, ...], int]) -> bool:
        """Whether neither the options nor the SKU are those of an earlier row."""
        twin = seen.setdefault(variant.option_values, row.number)
        if len(seen) > MAX_VARIANTS:
            row.refuse("Handle", f"a product has at most {MAX_VARIANTS:,} variants")
        elif twin != row.number:
            row.refuse("Option1 Value", f"the options are those of row {twin}, too")
        elif (twin := self._skus.setdefault(variant.sku, row.number)) != row.number:
            row.refuse("Variant SKU", f"{variant.sku} is that of row {twin}, too")
        return not row.refusals


def _refuse_all(rows: Sequence[Row], message: str) -> None:
    for row in rows:
        row.refuse("Handle", message)


def _option_names(head: Row) -> dict[int, str]:
    """The options by the number of their columns; none for Shopify's way of writing that there are none."""
    names = {number: name for number in _OPTIONS if (name := head.text(f"Option{number} Name"))}
    if names == {1: _DEFAULT_NAME} and head.cell("Option1 Value") == _DEFAULT_VALUE:
        return {}
    if len(set(names.values())) != len(names):
        head.refuse("Option2 Name", "the options must have different names")
    return names


def _option_values(row: Row, names: Mapping[int, str]) -> tuple[str, ...]:
    """The row's values of the product's options, blank where it lacks one, which is refused."""
    values = {number: row.text(f"Option{number} Value") for number in _OPTIONS}
    for number, value in values.items():
        if number in names and not row.cell(f"Option{number} Value"):
            row.refuse(f"Option{number} Value", "is missing")
        elif value and number not in names and (number, value) != (1, _DEFAULT_VALUE):
            row.refuse(f"Option{number} Value", f"the product's first row has no Option{number} Name")
    if row.has_extra_options():
        row.refuse(f"Option{MAX_OPTIONS + 1} Value", f"a product has at most {MAX_OPTIONS} options")
    return tuple(values[number] for number in names)


def _stock(row: Row) -> tuple[bool | None, int | None]:
    """Whether it is tracked (a blank tracker: no; no such column: as it was), and the figure where it counts.

    Below zero is what another shop has sold and not got: on hand there is nothing.
    """
    column = "Variant Inventory Tracker"
    tracked = bool(row.cell(column)) if row.has_column(column) else None
    quantity = row.whole("Variant Inventory Qty")
    return tracked, None if quantity is None or tracked is False else max(0, quantity)


def _status(head: Row) -> ProductStatus | None:
    """`Status` where there is one, else what `Published` says; None where the file says nothing."""
    status, published = head.choice("Status", ProductStatus), head.flag("Published")
    if status is not None or published is None:
        return status
    return ProductStatus.ACTIVE if published else ProductStatus.DRAFT


def _tags(head: Row) -> tuple[str, ...] | None:
    if not head.has_column("Tags"):
        return None
    tags = (" ".join(tag.split()) for tag in head.text("Tags", LONGEST_DESCRIPTION).split(","))
    return tuple(dict.fromkeys(filter(None, tags)))


def _media(rows: Sequence[Row]) -> tuple[Media, ...] | None:
    """The images by position, each address once, those of single variants after them; None where none is stated."""
    if not any(rows[0].has_column(column) for column in ("Image Src", "Variant Image")):
        return None
    images: list[tuple[int, str, str | None]] = []
    for row in rows:
        images.extend(_images(row))
    media: dict[str, Media] = {}
    for _, url, alt in sorted(images, key=lambda image: image[0]):
        media.setdefault(url, Media(url=url, alt=alt))
    return tuple(media.values())


def _images(row: Row) -> list[tuple[int, str, str | None]]:
    position, alt = row.whole("Image Position"), row.text("Image Alt Text", 1_000) or None
    url, of_variant = row.url("Image Src"), row.url("Variant Image")
    if row.refusals:
        return []
    if not any(map(row.cell, ("Title", *_SAYS_VARIANT, "Image Src", "Variant Image"))):
        row.refuse("Variant Price", "the row has neither a variant nor an image")
    images = [(position if position is not None else _LAST, url, alt)] if url else []
    return [*images, (_LAST + 1, of_variant, None)] if of_variant else images

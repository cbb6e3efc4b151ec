"""A file of products, row by row: what it states, and what becomes of the shop's products by it.

An import adds and changes; it never removes a product, a variant or a category. What the file does not state (a
column that is not there) stays as it is, for which None stands here; what it states as blank is emptied.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from shopcore.catalog.model import Media, Option, Price, Product, ProductStatus, Variant, slugify
from shopcore.inventory.model import StockItem, StockPolicy
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId
from shopcore.kernel.money import Money

_DIGEST_DIGITS = 8  # tells the few categories of a shop apart


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a row was not taken. `row` counts from 1, the header; `field` is the column's name."""

    row: int
    handle: str
    field: str
    message: str


class ImportedVariant(msgspec.Struct, frozen=True, kw_only=True):
    """What one row states of a variant and its stock. A SKU that is not `sku_given` was made from the options."""

    row: int
    sku: Sku
    sku_given: bool
    price: Money
    option_values: tuple[str, ...] = ()
    compare_at: Money | UnsetType | None = UNSET
    weight_grams: int | None = None
    requires_shipping: bool | None = None
    taxable: bool | None = None
    barcode: str | None = None
    tracked: bool | None = None
    policy: StockPolicy | None = None
    quantity: int | None = None


class ImportedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """What a file states of one product. The description is sanitised; `handle` is how the file names it."""

    row: int
    handle: str
    slug: str
    title: str
    variants: tuple[ImportedVariant, ...]
    option_names: tuple[str, ...] = ()
    description: str | None = None
    brand: str | None = None
    status: ProductStatus | None = None
    category: str | None = None
    tags: tuple[str, ...] | None = None
    media: tuple[Media, ...] | None = None


class ProductRows(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a file that belong together: the product they make, if any, and what was refused of them."""

    rows: int
    product: ImportedProduct | None = None
    refused: tuple[Refusal, ...] = ()


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did: products added, changed, and found to be as the file says; and each reason for a refusal."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: tuple[Refusal, ...] = ()

    @property
    def imported(self) -> int:
        """The products of the file that the shop now has."""
        return self.created + self.updated + self.unchanged

    @property
    def refused_rows(self) -> int:
        """A row with several faults counts once."""
        return len({refusal.row for refusal in self.refused})


def slug_of_category(title: str) -> str:
    """The slug of a category that is known by its title only; a digest where no letter of it is ASCII."""
    return slugify(title) or hashlib.sha256(title.encode()).hexdigest()[:_DIGEST_DIGITS]


def without(product: ImportedProduct, rows: frozenset[int]) -> ImportedProduct:
    """The product without the variants of these rows."""
    return replace(product, variants=tuple(variant for variant in product.variants if variant.row not in rows))


def added(
    wanted: ImportedProduct,
    product_id: ProductId,
    new_ids: Sequence[VariantId],
    category_id: CategoryId | None,
    now: datetime,
) -> Product:
    """A product that the shop did not have: a draft, unless the file says otherwise."""
    bare = Product(id=product_id, slug=wanted.slug, title=wanted.title, created_at=now, updated_at=now)
    return merged(bare, wanted, new_ids, category_id, now)


def merged(
    product: Product,
    wanted: ImportedProduct,
    new_ids: Sequence[VariantId],
    category_id: CategoryId | None,
    now: datetime,
) -> Product:
    """The product as the file wants it; the very same where it is so already. `new_ids` has one id for each variant.

    Variants that the file does not name stay, as long as they have a value for each of its options.
    """
    variants = _merged_variants(product.variants, wanted, new_ids)
    categories = () if category_id is None or category_id in product.category_ids else (category_id,)
    result = replace(
        product,
        title=wanted.title,
        description=product.description if wanted.description is None else wanted.description,
        brand=product.brand if wanted.brand is None else wanted.brand or None,
        status=wanted.status or product.status,
        category_ids=(*product.category_ids, *categories),
        tags=product.tags if wanted.tags is None else wanted.tags,
        media=product.media if wanted.media is None else wanted.media,
        options=_options(wanted.option_names, variants),
        variants=variants,
    )
    return product if result == product else replace(result, updated_at=now)


def _merged_variants(
    present: Sequence[Variant], wanted: ImportedProduct, new_ids: Sequence[VariantId]
) -> tuple[Variant, ...]:
    """In the file's order where it names every variant that stays; else the new ones after those that were there."""
    matches = _matches(present, wanted.variants)
    named: dict[VariantId, Variant] = {}
    for variant, match, new_id in zip(wanted.variants, matches, new_ids, strict=True):
        base = match or Variant(id=new_id, sku=variant.sku, title="")
        named[base.id] = _merged_variant(base, variant)
    kept = [variant for variant in present if len(variant.option_values) == len(wanted.option_names)]
    if all(variant.id in named for variant in kept):
        return tuple(named.values())
    return tuple(({variant.id: variant for variant in kept} | named).values())


def _matches(present: Sequence[Variant], wanted: Sequence[ImportedVariant]) -> Sequence[Variant | None]:
    """The present variant that each wanted one is: a stated SKU decides, then the option values, then a made SKU."""
    by_sku = {variant.sku: variant for variant in present}
    by_values = {variant.option_values: variant for variant in present}
    looks = (
        [by_sku.get(variant.sku) if variant.sku_given else None for variant in wanted],
        [by_values.get(variant.option_values) for variant in wanted],
        [by_sku.get(variant.sku) for variant in wanted],
    )
    matches: list[Variant | None] = [None] * len(wanted)
    taken: set[VariantId] = set()
    for look in looks:
        for index, found in enumerate(look):
            if found is not None and matches[index] is None and found.id not in taken:
                matches[index] = found
                taken.add(found.id)
    return matches


def _merged_variant(variant: Variant, wanted: ImportedVariant) -> Variant:
    currency = wanted.price.currency
    present = variant.prices.get(currency)
    compare_at = wanted.compare_at
    if compare_at is UNSET:
        compare_at = present.compare_at if present else None
    return replace(
        variant,
        sku=wanted.sku if wanted.sku_given else variant.sku,
        title=" / ".join(wanted.option_values),
        option_values=wanted.option_values,
        prices={**variant.prices, currency: Price(price=wanted.price, compare_at=compare_at)},
        weight_grams=variant.weight_grams if wanted.weight_grams is None else wanted.weight_grams,
        requires_shipping=variant.requires_shipping if wanted.requires_shipping is None else wanted.requires_shipping,
        taxable=variant.taxable if wanted.taxable is None else wanted.taxable,
        barcode=variant.barcode if wanted.barcode is None else wanted.barcode or None,
    )


def _options(names: Sequence[str], variants: Sequence[Variant]) -> tuple[Option, ...]:
    """The values that the variants have, each once, in their order."""
    columns = zip(*(variant.option_values for variant in variants), strict=True)
    return tuple(
        Option(name=name, values=tuple(dict.fromkeys(column))) for name, column in zip(names, columns, strict=True)
    )


class StockChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a row changes about a SKU's stock; None leaves the rules, or the figure, as they are."""

    rules: tuple[bool, StockPolicy] | None = None
    on_hand: int | None = None


def stock_change(item: StockItem | None, wanted: ImportedVariant) -> StockChange:
    """The figure counts when the SKU is first seen, and later only when it is not the one last imported."""
    present = (item.tracked, item.policy) if item else None
    tracked = wanted.tracked if wanted.tracked is not None else bool(item and item.tracked)
    policy = wanted.policy or (item.policy if item else StockPolicy.DENY)
    figure = wanted.quantity if tracked and (item is None or item.imported != wanted.quantity) else None
    return StockChange(rules=None if present == (tracked, policy) else (tracked, policy), on_hand=figure)

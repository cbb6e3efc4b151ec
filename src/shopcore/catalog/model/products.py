"""Products with options and variants, categories as a tree, prices per currency."""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum

import msgspec

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId
from shopcore.kernel.money import Money


class ProductStatus(StrEnum):
    """Only active products are seen and sold."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A way in which variants differ, such as Size, with its values in the merchant's order."""

    name: str
    values: tuple[str, ...]


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """An image, by its address."""

    url: str
    alt: str | None = None


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant costs, and what it is said to have cost before."""

    price: Money
    compare_at: Money | None = None


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold: one combination of option values under one SKU. `prices` is keyed by currency."""

    id: VariantId
    sku: Sku
    title: str
    option_values: tuple[str, ...] = ()
    prices: dict[str, Price] = {}
    weight_grams: int | None = None
    requires_shipping: bool = True
    taxable: bool = True
    barcode: str | None = None


class NewVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant before it has an id."""

    sku: Sku
    option_values: tuple[str, ...] = ()
    prices: dict[str, Price] = {}
    weight_grams: int | None = None
    requires_shipping: bool = True
    taxable: bool = True
    barcode: str | None = None


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown: a title, a description (sanitised HTML) and its variants. `version` counts its writes."""

    id: ProductId
    slug: str
    title: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    brand: str | None = None
    status: ProductStatus = ProductStatus.DRAFT
    category_ids: tuple[CategoryId, ...] = ()
    tags: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    attributes: dict[str, str] = {}
    media: tuple[Media, ...] = ()
    variants: tuple[Variant, ...] = ()
    version: int = 1


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree; `position` orders it among its siblings."""

    id: CategoryId
    slug: str
    title: str
    parent_id: CategoryId | None = None
    position: int = 0


def publish(product: Product, now: datetime) -> Product:
    """Put a product on sale; a no-op when it is. Raises `InvalidInput` if it has no variant to sell."""
    if product.status is ProductStatus.ACTIVE:
        return product
    if not product.variants:
        raise InvalidInput.of("variants", "required", "a product on sale has at least one variant")
    return msgspec.structs.replace(product, status=ProductStatus.ACTIVE, updated_at=now)


def archive(product: Product, now: datetime) -> Product:
    """Take a product off sale for good, a no-op when it is; orders that hold it are not touched."""
    if product.status is ProductStatus.ARCHIVED:
        return product
    return msgspec.structs.replace(product, status=ProductStatus.ARCHIVED, updated_at=now)


def with_id(variant: NewVariant, variant_id: VariantId) -> Variant:
    """The variant, titled by its option values."""
    return Variant(id=variant_id, title=" / ".join(variant.option_values), **msgspec.structs.asdict(variant))


def slugify(text: str) -> str:
    """A URL part from any title: lower-case ASCII letters and digits, joined by single hyphens; may be empty."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")

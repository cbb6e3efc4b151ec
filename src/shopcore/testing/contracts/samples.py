"""Plain products and categories that the contracts are told with, and what breaks off a unit of work."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from shopcore.catalog.model import Category, Price, Product, ProductStatus, Variant
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId
from shopcore.kernel.money import Money

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

_marks = itertools.count()


class Refused(Exception):
    """What a caller's own code raises."""


def a_variant(name: str, *, sku: str | None = None, usd: int | None = 1000, eur: int | None = None) -> Variant:
    """A variant whose SKU is its name in capitals unless told otherwise."""
    amounts = {"USD": usd, "EUR": eur}
    return Variant(
        id=VariantId(name),
        sku=Sku(sku or name.upper()),
        title=name,
        prices={code: Price(price=Money(amount, code)) for code, amount in amounts.items() if amount is not None},
    )


def a_product(name: str, *, minutes: int = 0, status: ProductStatus = ProductStatus.ACTIVE) -> Product:
    """An active product, created so many minutes after noon, with one variant of 10.00 USD."""
    created_at = NOON + timedelta(minutes=minutes)
    return Product(
        id=ProductId(name),
        slug=name,
        title=name.capitalize(),
        created_at=created_at,
        updated_at=created_at,
        status=status,
        variants=(a_variant(f"{name}-1"),),
    )


def a_category(name: str, *, parent: str | None = None, position: int = 0) -> Category:
    """A category whose slug and id are its name."""
    return Category(
        id=CategoryId(name),
        slug=name,
        title=name.capitalize(),
        parent_id=None if parent is None else CategoryId(parent),
        position=position,
    )


def of_its_own(product: Product) -> Product:
    """The same product under keys that no other has: Hypothesis draws the same ids in many examples for one store."""
    mark = next(_marks)
    variants = tuple(
        msgspec.structs.replace(one, id=VariantId(f"{mark}-{one.id}"), sku=Sku(f"{mark}-{one.sku}"))
        for one in product.variants
    )
    return msgspec.structs.replace(
        product, id=ProductId(f"{mark}-{product.id}"), slug=f"{mark}-{product.slug}", variants=variants
    )


def of_their_own(tree: Sequence[Category]) -> list[Category]:
    """Likewise with categories."""
    mark = next(_marks)
    return [
        msgspec.structs.replace(
            one,
            id=CategoryId(f"{mark}-{one.id}"),
            slug=f"{mark}-{one.slug}",
            parent_id=None if one.parent_id is None else CategoryId(f"{mark}-{one.parent_id}"),
        )
        for one in tree
    ]

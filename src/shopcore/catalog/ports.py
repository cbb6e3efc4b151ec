"""What the catalogue needs from a store."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from shopcore.catalog.model import Category, Product, ProductFilter, ProductSort, SearchHits, Variant
from shopcore.kernel.ids import ProductId, Sku, VariantId
from shopcore.kernel.paging import Position, Slice


class Products(Protocol):
    """Every product, whatever its status."""

    async def add(self, product: Product) -> None:
        """Store a new product. Raises `SlugTaken` or `SkuTaken`, and then stores nothing."""
        ...

    async def update(self, product_id: ProductId, change: Callable[[Product], Product]) -> Product:
        """Replace the product by what `change` makes of it, atomically, and count its version up.

        Raises `ProductNotFound`, `SlugTaken`, `SkuTaken`, or whatever `change` raises; then nothing changed.
        A `change` that returns an equal product is a no-op: nothing is written and the version stays.
        """
        ...

    async def get(self, product_id: ProductId) -> Product:
        """Raises `ProductNotFound`."""
        ...

    async def get_by_slug(self, slug: str) -> Product:
        """Raises `ProductNotFound`."""
        ...

    async def find_variants(self, variant_ids: Sequence[VariantId]) -> Mapping[VariantId, tuple[Product, Variant]]:
        """The variants that exist, of active products or not; unknown ids are absent."""
        ...

    async def find_skus(self, skus: Sequence[Sku]) -> Mapping[Sku, tuple[Product, Variant]]:
        """Likewise by SKU."""
        ...


class ProductListing(Protocol):
    """Active products as buyers look for them."""

    async def page(
        self, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
    ) -> Slice[Product]:
        """Active products by keyset: none is seen twice or missed while others are added.

        For the price sorts, products without a price in the filter's currency are left out.
        """
        ...

    async def search(self, text: str, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        """Active products by relevance: every word of `text` must match the start of a word of the title, brand, tags,
        SKU or description (in that order of weight), without regard to case or accents."""
        ...


class Categories(Protocol):
    """The category tree; small enough to be read whole."""

    async def add(self, category: Category) -> None:
        """Raises `SlugTaken`, or `CategoryNotFound` for an unknown parent."""
        ...

    async def get_by_slug(self, slug: str) -> Category:
        """Raises `CategoryNotFound`."""
        ...

    async def everything(self) -> Sequence[Category]:
        """All categories, parents before children, siblings by position and then title."""
        ...


class CatalogRevision(Protocol):
    """A counter for caches in front of the catalogue."""

    async def current(self) -> int:
        """A number that changes whenever any product or category was changed, by any process of the shop."""
        ...

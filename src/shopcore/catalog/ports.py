"""What the catalogue needs from a store."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from shopcore.catalog.model import Category, Product, ProductFilter, ProductSort, ProductStatus, SearchHits, Variant
from shopcore.kernel.ids import ProductId, Sku, VariantId
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.stores import StoreUnusable


def refuse(error: StoreUnusable) -> None:
    """Go no further where something cannot be read."""
    raise error


def leave_out(_: StoreUnusable) -> None:
    """Go on without what cannot be read: for whoever still has something to show, and loses nothing by it."""


class Products(Protocol):
    """Every product, whatever its status.

    Whatever reads one that somebody made something else of behind the shop's back, a price below nothing too, raises
    `ProductUnreadable`, which names it and says what to do. Of several, `unreadable` is told of each, and what it does
    not raise is left out: what cannot be read is not what does not exist, and a job must not take it for that.
    """

    async def add(self, product: Product) -> None:
        """Store a new product. Raises `SlugTaken`, `SkuTaken` or `CategoryNotFound`, and then stores nothing."""
        ...

    async def update(self, product_id: ProductId, change: Callable[[Product], Product]) -> Product:
        """Replace the product by what `change` makes of it, atomically, and count its version up.

        Raises `ProductNotFound`, `SlugTaken`, `SkuTaken`, `CategoryNotFound`, or whatever `change` raises; then nothing
        changed. What `change` makes of the id and the version is overruled.
        A `change` that returns an equal product is a no-op: nothing is written and the version stays.
        """
        ...

    async def get(self, product_id: ProductId) -> Product:
        """Raises `ProductNotFound`."""
        ...

    async def get_by_slug(self, slug: str) -> Product:
        """Raises `ProductNotFound`."""
        ...

    async def find_variants(
        self, variant_ids: Sequence[VariantId], unreadable: Callable[[StoreUnusable], None] = refuse
    ) -> Mapping[VariantId, tuple[Product, Variant]]:
        """The variants that exist, of active products or not; unknown ids are absent."""
        ...

    async def find_skus(
        self, skus: Sequence[Sku], unreadable: Callable[[StoreUnusable], None] = refuse
    ) -> Mapping[Sku, tuple[Product, Variant]]:
        """Likewise by SKU."""
        ...

    async def page(
        self,
        status: ProductStatus | None,
        after: Position | None,
        limit: int,
        unreadable: Callable[[StoreUnusable], None] = refuse,
    ) -> Slice[Product]:
        """The products of that status, or all of them, by slug."""
        ...


class ProductListing(Protocol):
    """Active products as buyers look for them."""

    async def page(
        self, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
    ) -> Slice[Product]:
        """Active products by keyset: none is seen twice or missed while others are added.

        For the price sorts, products without a price in the filter's currency are left out; they go by the cheapest
        variant when rising, by the dearest when falling. A span of prices shows the products whose own span meets it.
        A category is named by its slug. What is not tracked, or may be oversold, is in stock. What cannot be read is
        left out, as by `search`, and named in the log.
        """
        ...

    async def search(self, text: str, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        """Active products by relevance: every word of `text` must match the start of a word of the title, brand, tags,
        SKU or description (in that order of weight), without regard to case or accents. How relevant a product is MUST
        depend on nothing but itself and the text, so that none is seen twice or missed while others are added.

        Any text is fine: only its letters and digits count, and of a very long one the first 32 words; a text without
        a word finds nothing. Of each facet the 100 most frequent values are told; each count is the total that
        filtering by that value would give (while no more than the 1,000 counted hits are found).

        What is shown MUST meet all that is asked for, and be told in order and once. A store MAY end a search before it
        has looked at everything, where more than 10,000 products meet each of the things that are asked for at once
        (words, filters, prices, stock); or more than 2,000, where that is more than two words, or stock. Then
        `total_is_exact` MUST be False, whatever the total is.
        """
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


class CategoryTree(Protocol):
    """The category tree as pages show it."""

    async def everything(self) -> Sequence[Category]:
        """As `Categories` has it; but what another process has changed may be missing as long as `page_revision` may
        be behind: half a second.
        """
        ...


class CatalogRevision(Protocol):
    """A counter for caches in front of the catalogue."""

    async def current(self) -> int:
        """A number that changes whenever any product or category was changed, by any process of the shop."""
        ...


class Sanitizer(Protocol):
    """Makes HTML from outside harmless."""

    def clean(self, html: str) -> str:
        """Keep what marks a text up, drop whatever could act: scripts, handlers of events, frames, forms, styles.

        Links MUST get `rel="noopener noreferrer"`. What was cleaned once MUST stay as it is when cleaned again.
        """
        ...

"""Browse the catalogue."""

from dataclasses import dataclass

from shopcore.catalog.model import ProductFilter, ProductSort
from shopcore.catalog.ports import ProductListing
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.shopping.model import SellableProduct
from shopcore.shopping.steps import with_availability


@dataclass(frozen=True, kw_only=True, slots=True)
class ListProducts:
    """Active products, filtered and sorted, a page at a time."""

    listing: ProductListing
    levels: Levels
    signer: Signer

    async def __call__(
        self,
        _actor: Actor,
        *,
        wanted: ProductFilter,
        sort: ProductSort = ProductSort.NEWEST,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[SellableProduct]:
        """Anybody may. Raises `InvalidCursor` for a cursor of another list, filter or sort."""
        name = list_name("products", wanted, sort)
        found = await self.listing.page(wanted, sort, decode_cursor(self.signer, name, cursor), limit)
        items = await with_availability(self.levels, found.items)
        return Page(items=items, next_cursor=encode_cursor(self.signer, name, found.next_position))

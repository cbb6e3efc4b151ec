"""Search the catalogue."""

from dataclasses import dataclass

from shopcore.catalog.model import ProductFilter
from shopcore.catalog.ports import ProductListing
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor
from shopcore.kernel.paging import DEFAULT_LIMIT, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.shopping.model import FoundProducts
from shopcore.shopping.steps import with_availability


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchProducts:
    """Active products by relevance, with facets counted over the first 1,000 hits."""

    listing: ProductListing
    levels: Levels
    signer: Signer

    async def __call__(
        self,
        _actor: Actor,
        *,
        text: str,
        wanted: ProductFilter,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> FoundProducts:
        """Anybody may. Raises `InvalidCursor` for a cursor of another search."""
        name = list_name("search", text, wanted)
        hits = await self.listing.search(text, wanted, decode_cursor(self.signer, name, cursor), limit)
        return FoundProducts(
            items=await with_availability(self.levels, hits.items),
            total=hits.total,
            total_is_exact=hits.total_is_exact,
            facets=hits.facets,
            next_cursor=encode_cursor(self.signer, name, hits.next_position),
        )

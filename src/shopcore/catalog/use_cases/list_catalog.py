"""Go through the catalogue as staff."""

from dataclasses import dataclass

from shopcore.catalog.model import CatalogPage, ProductStatus
from shopcore.catalog.ports import Products
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListCatalog:
    """Products of one status or of all, by slug, a page at a time."""

    products: Products
    signer: Signer

    async def __call__(
        self,
        actor: Actor,
        *,
        status: ProductStatus | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> CatalogPage:
        """Needs `catalog:read`. Raises `InvalidCursor` for a cursor of another list or status."""
        permit(actor, "catalog:read")
        name = list_name("catalog", status)
        reasons: list[str] = []
        found = await self.products.page(
            status, decode_cursor(self.signer, name, cursor), limit, lambda error: reasons.append(error.detail)
        )
        next_cursor = encode_cursor(self.signer, name, found.next_position)
        return CatalogPage(items=found.items, next_cursor=next_cursor, unreadable=tuple(reasons))

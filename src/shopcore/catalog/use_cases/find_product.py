"""Find a product, whether it is on sale or not."""

from dataclasses import dataclass

from shopcore.catalog.model import Product
from shopcore.catalog.ports import Products
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import ProductId, is_id


@dataclass(frozen=True, kw_only=True, slots=True)
class FindProduct:
    """One product of any status, by its id or its slug."""

    products: Products

    async def __call__(self, actor: Actor, *, id_or_slug: str) -> Product:
        """Needs `catalog:read`. Raises `ProductNotFound`."""
        permit(actor, "catalog:read")
        if is_id(id_or_slug):
            return await self.products.get(ProductId(id_or_slug))
        return await self.products.get_by_slug(id_or_slug)

"""Show one product."""

from dataclasses import dataclass

from shopcore.catalog.errors import ProductNotFound
from shopcore.catalog.model import ProductStatus
from shopcore.kernel.actor import Actor
from shopcore.kernel.ids import ProductId, is_id
from shopcore.shopping.model import SellableProduct, sellable
from shopcore.shopping.ports import Showcase


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowProduct:
    """An active product, by its id or its slug, with the stock of its variants."""

    showcase: Showcase

    async def __call__(self, _actor: Actor, *, id_or_slug: str) -> SellableProduct:
        """Anybody may. Raises `ProductNotFound`, for drafts and archived ones too."""
        if is_id(id_or_slug):
            product, levels = await self.showcase.get(ProductId(id_or_slug))
        else:
            product, levels = await self.showcase.get_by_slug(id_or_slug)
        if product.status is not ProductStatus.ACTIVE:
            raise ProductNotFound
        return sellable(product, levels)

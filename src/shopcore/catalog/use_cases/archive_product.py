"""Take a product off sale."""

from dataclasses import dataclass

from shopcore.catalog.model import Product, archive
from shopcore.catalog.steps import ChangeProduct
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import ProductId


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveProduct:
    """Nobody sees it any more; orders that hold it go on. A no-op when it is archived already."""

    change_product: ChangeProduct
    clock: Clock

    async def __call__(self, actor: Actor, *, product_id: ProductId) -> Product:
        """Needs `catalog:write`. Raises `ProductNotFound`."""
        permit(actor, "catalog:write")
        now = self.clock.now()
        return await self.change_product(
            actor,
            product_id,
            lambda product: archive(product, now),
            now=now,
            action="product.archived",
            told=lambda product: {"status": product.status},
        )

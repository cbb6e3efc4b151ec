"""Put a product on sale."""

from dataclasses import dataclass

from shopcore.catalog.model import Product, publish
from shopcore.catalog.steps import ChangeProduct
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import ProductId


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishProduct:
    """From now on buyers see it. A no-op when they do already."""

    change_product: ChangeProduct
    clock: Clock

    async def __call__(self, actor: Actor, *, product_id: ProductId) -> Product:
        """Needs `catalog:write`. Raises `ProductNotFound`, or `InvalidInput` if it has no variant to sell."""
        permit(actor, "catalog:write")
        now = self.clock.now()
        return await self.change_product(
            actor,
            product_id,
            lambda product: publish(product, now),
            now=now,
            action="product.published",
            told=lambda product: {"status": product.status},
        )

"""Put a product on sale."""

from dataclasses import dataclass

from shopcore.catalog.events import ProductChanged
from shopcore.catalog.model import Product, publish
from shopcore.catalog.ports import Products
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import ProductId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishProduct:
    """From now on buyers see it. A no-op when they do already."""

    unit_of_work: UnitOfWork
    products: Products
    events: Events
    audit: Audit
    clock: Clock

    async def __call__(self, actor: Actor, *, product_id: ProductId) -> Product:
        """Needs `catalog:write`. Raises `ProductNotFound`, or `InvalidInput` if it has no variant to sell."""
        permit(actor, "catalog:write")
        now = self.clock.now()

        async def work() -> Product:
            before = await self.products.get(product_id)
            after = await self.products.update(product_id, lambda product: publish(product, now))
            if after.version != before.version:
                await self.events.publish(ProductChanged(at=now, product_id=product_id))
                await self.audit.record(
                    actor,
                    "product.published",
                    f"product/{product_id}",
                    before={"status": before.status},
                    after={"status": after.status},
                )
            return after

        return await self.unit_of_work(work)

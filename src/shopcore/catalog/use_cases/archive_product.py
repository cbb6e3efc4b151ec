"""Take a product off sale."""

from dataclasses import dataclass

from shopcore.catalog.events import ProductChanged
from shopcore.catalog.model import Product, archive
from shopcore.catalog.ports import Products
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import ProductId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveProduct:
    """Nobody sees it any more; orders that hold it go on. A no-op when it is archived already."""

    unit_of_work: UnitOfWork
    products: Products
    events: Events
    audit: Audit
    clock: Clock

    async def __call__(self, actor: Actor, *, product_id: ProductId) -> Product:
        """Needs `catalog:write`. Raises `ProductNotFound`."""
        permit(actor, "catalog:write")
        now = self.clock.now()

        async def work() -> Product:
            before = await self.products.get(product_id)
            after = await self.products.update(product_id, lambda product: archive(product, now))
            if after.version != before.version:
                await self.events.publish(ProductChanged(at=now, product_id=product_id))
                await self.audit.record(
                    actor,
                    "product.archived",
                    f"product/{product_id}",
                    before={"status": before.status},
                    after={"status": after.status},
                )
            return after

        return await self.unit_of_work(work)

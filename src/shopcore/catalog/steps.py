"""The shared step of the catalogue's use cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shopcore.catalog.events import ProductChanged
from shopcore.catalog.model import Product
from shopcore.catalog.ports import Products
from shopcore.kernel.actor import Actor
from shopcore.kernel.audit import Audit
from shopcore.kernel.events import Events
from shopcore.kernel.ids import ProductId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeProduct:
    """A change is stored, told and written down in one unit of work; one that changes nothing is not told."""

    products: Products
    events: Events
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(
        self,
        actor: Actor,
        product_id: ProductId,
        change: Callable[[Product], Product],
        *,
        now: datetime,
        action: str,
        told: Callable[[Product], Mapping[str, str]],
    ) -> Product:
        """`told` is what the log says of a product, before and after. Raises what `Products.update` and `change` do."""

        async def work() -> Product:
            before = await self.products.get(product_id)
            after = await self.products.update(product_id, change)
            if after.version != before.version:
                await self.events.publish(ProductChanged(at=now, product_id=product_id))
                subject = f"product/{product_id}"
                await self.audit.record(actor, action, subject, before=told(before), after=told(after))
            return after

        return await self.unit_of_work(work)

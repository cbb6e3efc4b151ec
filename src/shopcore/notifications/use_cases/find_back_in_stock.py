"""Look which of the things that customers wait for can be had again."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.catalog.model import ProductStatus
from shopcore.catalog.ports import Products, leave_out
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import VariantId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.events import BackInStock
from shopcore.messages.ports import StockWatches

_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class FindBackInStock:
    """However stock came back: by a delivery, a file, a return, or an order that ended. Each wish ends with its job, in
    one transaction; while a product cannot be read, its wishes wait.
    """

    watches: StockWatches
    products: Products
    levels: Levels
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        """The shop itself."""
        permit(actor, "mail:write")
        after = ""
        while variants := await self.watches.variants(after, _AT_ONCE):
            for variant_id in await self._back(variants):
                await self._tell(variant_id)
            after = variants[-1]

    async def _back(self, variants: Sequence[VariantId]) -> Sequence[VariantId]:
        found = await self.products.find_variants(variants, leave_out)
        sold = [variant for product, variant in found.values() if product.status is ProductStatus.ACTIVE]
        stock = await self.levels.find([variant.sku for variant in sold])
        return [one.id for one in sold if one.sku not in stock or stock[one.sku].allows(1)]

    async def _tell(self, variant_id: VariantId) -> None:
        now = self.clock.now()

        async def work() -> int:
            taken = await self.watches.take(variant_id, _AT_ONCE)
            told = (
                BackInStock(at=now, variant_id=variant_id, customer_id=one.customer_id, since=one.since)
                for one in taken
            )
            await self.events.publish(*told)
            return len(taken)

        while await self.unit_of_work(work) == _AT_ONCE:
            pass

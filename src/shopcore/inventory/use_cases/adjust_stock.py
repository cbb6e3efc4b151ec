"""Change a level by hand."""

from dataclasses import dataclass

from shopcore.inventory.errors import StockItemNotFound
from shopcore.inventory.events import StockAdjusted
from shopcore.inventory.model import MovementKind, StockItem, check_adjustment
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import Ids, Sku
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustStock:
    """Somebody counted, found, broke or lost something: the level changes, and a movement says why."""

    unit_of_work: UnitOfWork
    levels: Levels
    events: Events
    audit: Audit
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, *, sku: Sku, reason: str, by: int | None = None, to: int | None = None
    ) -> StockItem:
        """Needs `inventory:write`. Change the level by a difference, or set it to a figure: one of the two.

        Raises `InvalidInput`, `StockItemNotFound`, or `WouldOversell`; then nothing changed.
        """
        permit(actor, "inventory:write")
        check_adjustment(by=by, to=to, reason=reason)
        now, movement_id = self.clock.now(), self.ids.new()

        async def work() -> StockItem:
            before = (await self.levels.find([sku])).get(sku)
            if before is None:
                raise StockItemNotFound(sku)
            had = before.on_hand
            if to is None:
                after = await self.levels.adjust(sku, by or 0, reason=reason, movement_id=movement_id, at=now)
                had = after.on_hand - (by or 0)  # whoever bought since `before` was read has changed that
            else:
                after = await self.levels.set_on_hand(
                    sku, to, kind=MovementKind.ADJUSTED, reason=reason, movement_id=movement_id, at=now
                )
            if after.on_hand != had:
                await self.events.publish(StockAdjusted(at=now, sku=sku, on_hand=after.on_hand))
                await self.audit.record(
                    actor,
                    "stock.adjusted",
                    f"sku/{sku}",
                    before={"on_hand": str(had)},
                    after={"on_hand": str(after.on_hand), "movement": movement_id},
                )
            return after

        return await self.unit_of_work(work)

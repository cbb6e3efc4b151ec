"""Say whether a SKU's stock is counted, and whether it may be oversold."""

from dataclasses import dataclass

from shopcore.inventory.model import StockItem, StockPolicy
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import Sku
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class SetStockRules:
    """Set the rules of one SKU; one that is new starts with nothing on hand."""

    levels: Levels
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, sku: Sku, tracked: bool, policy: StockPolicy) -> StockItem:
        """Staff with `inventory:write`. Raises `WouldOversell` if more is promised than `deny` allows."""
        permit(actor, "inventory:write")

        async def work() -> StockItem:
            before = (await self.levels.find([sku])).get(sku)
            after = await self.levels.set_rules(sku, tracked=tracked, policy=policy)
            if after != before:
                await self.audit.record(actor, "stock.rules", sku, before=_rules(before), after=_rules(after))
            return after

        return await self.unit_of_work(work)


def _rules(item: StockItem | None) -> dict[str, str]:
    return {} if item is None else {"tracked": str(item.tracked).lower(), "policy": item.policy.value}

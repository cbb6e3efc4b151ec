"""Tell staff what is about to run out."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.inventory.model import StockItem, StockPolicy
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.paging import Position
from shopcore.notifications.model import low_stock
from shopcore.notifications.steps import Deliver

_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportLowStock:
    """One mail for all of it: a day later again, or sooner if other SKUs are among them."""

    levels: Levels
    deliver: Deliver
    clock: Clock
    to: str | None
    threshold: int

    async def __call__(self, actor: Actor) -> None:
        """The shop itself; nothing where no address is set. Raises as `Deliver`."""
        permit(actor, "mail:write")
        if self.to is None:
            return
        if items := await self._low():
            await self.deliver(low_stock(self.to, items, self.threshold, self.clock.now().date().isoformat()))

    async def _low(self) -> Sequence[StockItem]:
        low: list[StockItem] = []
        after: Position | None = None
        while True:
            page = await self.levels.page(after, _AT_ONCE)
            low += [item for item in page.items if self._is_low(item)]
            if (after := page.next_position) is None:
                return low

    def _is_low(self, item: StockItem) -> bool:
        """What may be sold without being there does not run out."""
        return item.tracked and item.policy is StockPolicy.DENY and item.available <= self.threshold

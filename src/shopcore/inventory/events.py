"""What happened to stock."""

from shopcore.kernel.events import Event
from shopcore.kernel.ids import Sku


class StockAdjusted(Event, frozen=True, kw_only=True):
    """Somebody changed a level by hand or by a file."""

    sku: Sku
    on_hand: int

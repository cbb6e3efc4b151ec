"""What happened in the catalogue."""

from shopcore.kernel.events import Event
from shopcore.kernel.ids import ProductId


class ProductChanged(Event, frozen=True, kw_only=True):
    """A product was added, edited, published or archived."""

    product_id: ProductId

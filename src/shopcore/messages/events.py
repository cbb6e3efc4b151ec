"""What happened to what customers wait for."""

from datetime import datetime

from shopcore.kernel.events import Event
from shopcore.kernel.ids import CustomerId, VariantId


class BackInStock(Event, frozen=True, kw_only=True):
    """What a customer has waited for since then can be had again."""

    variant_id: VariantId
    customer_id: CustomerId
    since: datetime

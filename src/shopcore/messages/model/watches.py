"""Who wants to hear when something can be had again."""

from datetime import datetime

import msgspec

from shopcore.kernel.ids import CustomerId, VariantId

MOST = 100
"""How many things one customer may wait for."""


class StockWatch(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's wish to hear of one variant, once. `id` is made of both, so that there is one of each."""

    id: str
    variant_id: VariantId
    customer_id: CustomerId
    since: datetime


def watch(variant_id: VariantId, customer_id: CustomerId, since: datetime) -> StockWatch:
    """A new one."""
    return StockWatch(id=watch_id(variant_id, customer_id), variant_id=variant_id, customer_id=customer_id, since=since)


def watch_id(variant_id: VariantId, customer_id: CustomerId) -> str:
    """What it is known by."""
    return f"{variant_id}/{customer_id}"

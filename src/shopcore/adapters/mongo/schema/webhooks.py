"""The collections of what other systems are told."""

from shopcore.adapters.mongo.schema.declaration import (
    BYTES,
    COUNT,
    FLAG,
    LIST,
    LONG,
    MONEY,
    TEXT,
    VERSION,
    Collection,
    Index,
    one_of,
)
from shopcore.webhooks.model import DeliveryState

WEBHOOK_ENDPOINTS = Collection(
    name="webhook_endpoints",
    # A handful, read whole: there is nothing to spread.
    shard_key={"_id": 1},
    fields={"_id": TEXT, "url": TEXT, "events": LIST, "is_on": FLAG, "sealed": BYTES, "version": VERSION},
)
WEBHOOK_ORDERS = Collection(
    name="webhook_orders",
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "told": COUNT},
)
WEBHOOK_EVENTS = Collection(
    name="webhook_events",
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "place": TEXT, "type": TEXT, "order_id": TEXT, "sequence": LONG, "total": MONEY},
    indexes=(Index(("place",), scattered=True),),
)
WEBHOOK_DELIVERIES = Collection(
    name="webhook_deliveries",
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "endpoint_id": TEXT,
        "event_id": TEXT,
        "place": TEXT,
        "state": one_of(DeliveryState),
        "tries": COUNT,
        "version": VERSION,
    },
    indexes=(
        Index(("endpoint_id", "-place"), scattered=True),
        Index(("endpoint_id", "state", "-place"), scattered=True),
        Index(("place",), scattered=True),
    ),
)

COLLECTIONS = (WEBHOOK_ENDPOINTS, WEBHOOK_ORDERS, WEBHOOK_EVENTS, WEBHOOK_DELIVERIES)

"""The collections of messages, of addresses that mail came back from, and of who waits for what."""

from shopcore.adapters.mongo.schema.declaration import (
    COUNT,
    INSTANT,
    TEXT,
    VERSION,
    Collection,
    Index,
    one_of,
)
from shopcore.messages.model import SendingState

MESSAGES = Collection(
    name="messages",
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "kind": TEXT,
        "state": one_of(SendingState),
        "repeats": COUNT,
        "changed": INSTANT,
        "version": VERSION,
    },
    indexes=(Index(("state", "kind", "repeats"), scattered=True), Index(("state", "changed"), scattered=True)),
)
TROUBLED_ADDRESSES = Collection(
    name="troubled_addresses",
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "changed": INSTANT, "version": VERSION},
    indexes=(Index(("-changed", "_id"), scattered=True),),
)
STOCK_WATCHES = Collection(
    name="stock_watches",
    shard_key={"_id": "hashed"},
    is_paged_by_id=True,  # by a move of the whole shop
    fields={"_id": TEXT, "variant_id": TEXT, "customer_id": TEXT, "began": INSTANT},
    indexes=(
        Index(("variant_id", "began", "_id"), scattered=True),
        Index(("customer_id", "variant_id"), scattered=True),
    ),
)

COLLECTIONS = (MESSAGES, TROUBLED_ADDRESSES, STOCK_WATCHES)

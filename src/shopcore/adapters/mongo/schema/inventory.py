"""The collections of the stock."""

from shopcore.adapters.mongo.schema.declaration import FLAG, INSTANT, LIST, LONG, TEXT, Collection, Index, optional

LEVELS = Collection(
    name="stock_levels",
    # Every step of a purchase names its SKU.
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "tracked": FLAG,
        "policy": TEXT,
        "on_hand": LONG,
        "reserved": LONG,
        "available": LONG,
        "imported": optional(LONG),
        "turn": LONG,
        "drains": LONG,
        "open": LIST,
        "moves": LIST,
    },
    is_paged_by_id=True,
    # Whatever the code does: the server refuses an oversell, and units that are owed.
    rules=(
        {"reserved": {"$gte": 0}},
        {"$expr": {"$eq": ["$available", {"$subtract": ["$on_hand", "$reserved"]}]}},
        {"$or": [{"tracked": False}, {"policy": "continue"}, {"on_hand": {"$gte": 0}, "available": {"$gte": 0}}]},
    ),
)
MOVEMENTS = Collection(
    name="stock_movements",
    shard_key={"sku": "hashed"},
    fields={
        "_id": TEXT,
        "sku": TEXT,
        "kind": TEXT,
        "at": INSTANT,
        "place": LONG,
        "on_hand": LONG,
        "reserved": LONG,
        "reason": optional(TEXT),
        "order_id": optional(TEXT),
    },
    indexes=(Index(("sku", "-at", "-place", "-_id")),),
)
RESERVATIONS = Collection(
    name="reservations",
    # Each is its order's, and every step names it.
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "state": TEXT,
        "was": TEXT,
        "attempt": LONG,
        "begun": INSTANT,
        "expires": INSTANT,
        "due": optional(INSTANT),
        "lines": LIST,
    },
    indexes=(Index(("due",), only={"due": {"$type": "long"}}, scattered=True),),
)

COLLECTIONS = (LEVELS, MOVEMENTS, RESERVATIONS)

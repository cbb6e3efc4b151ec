"""The collections of price rules and of the uses of coupons."""

from bson.int64 import Int64

from shopcore.adapters.mongo.schema.declaration import (
    COUNT,
    FLAG,
    INSTANT,
    LIST,
    LONG,
    OBJECT,
    TEXT,
    Collection,
    Index,
    optional,
)
from shopcore.kernel.iso4217 import EXPONENTS

SHIPPING_METHODS = Collection(
    name="shipping_methods",
    # A few, read whole: not worth spreading. So are rates and coupons.
    shard_key={"_id": 1},
    fields={"_id": TEXT, "title": TEXT, "kind": TEXT, "rates": OBJECT, "countries": LIST, "position": LONG},
    indexes=(Index(("position", "_id")),),
    seeds=(
        {
            "_id": "standard",
            "title": "Standard",
            "kind": "flat",
            "rates": {currency: {"tiers": [{"price": Int64(0)}]} for currency in EXPONENTS},
            "countries": [],
            "position": Int64(0),
        },
    ),
)
TAX_RATES = Collection(
    name="tax_rates",
    shard_key={"_id": 1},
    fields={"_id": TEXT, "name": TEXT, "country": TEXT, "region": optional(TEXT), "millionths": LONG},
    indexes=(Index(("country", "region", "name", "_id")),),
)
COUPONS = Collection(
    name="coupons",
    shard_key={"_id": 1},
    fields={
        "_id": TEXT,
        "kind": TEXT,
        "used": COUNT,
        "usage_limit": optional(LONG),
        "per_customer_limit": optional(LONG),
        "active": FLAG,
    },
)
COUPON_REDEMPTIONS = Collection(
    name="coupon_redemptions",
    # The limit of a customer is asked for at each checkout; what an order used only when it ends unpaid.
    shard_key={"customer": "hashed"},
    # What an account used with other addresses is asked of every shard, where such a limit meets somebody signed in.
    fields={"_id": TEXT, "order_id": TEXT, "code": TEXT, "customer": TEXT, "customer_id": TEXT, "at": INSTANT},
    absent=("customer_id",),
    indexes=(
        Index(("customer", "code")),
        Index(("customer_id", "code"), only={"customer_id": {"$exists": True}}, scattered=True),
        Index(("order_id",), scattered=True),
    ),
)

COLLECTIONS = (SHIPPING_METHODS, TAX_RATES, COUPONS, COUPON_REDEMPTIONS)

"""The collections of orders, payments and their books."""

from shopcore.adapters.mongo.schema.declaration import (
    BYTES,
    FLAG,
    INSTANT,
    LONG,
    MONEY,
    TEXT,
    VERSION,
    Collection,
    Index,
    list_of,
    object_of,
    one_of,
    optional,
)
from shopcore.ordering.model import OrderStatus, PaymentStatus
from shopcore.payments.model import Account, PaymentState

BY_AGE = Index(("-placed", "-_id"), scattered=True)
BY_STATUS = Index(("status", "-placed", "-_id"), scattered=True)
BY_EMAIL = Index(("email", "-placed", "-_id"), scattered=True)
# Also what was a guest's, which stays where it was: on the shard of its cart.
BY_CUSTOMER = Index(("customer_id", "-placed", "-_id"), scattered=True)

BY_FAILED_REFUND = Index(("refunds.status", "-placed", "-_id"), only={"refunds.status": "failed"}, scattered=True)

PAYMENTS_BY_AGE = Index(("-created_at", "-_id"), scattered=True)

ORDERS = Collection(
    name="orders",
    # By buyer: an account, or a guest's cart. What a customer has lies together, and no shard gets all the new ones.
    shard_key={"buyer": "hashed"},
    fields={
        "_id": TEXT,
        "buyer": TEXT,
        "number": TEXT,
        "cart_id": TEXT,
        "token_hash": TEXT,
        "status": one_of(OrderStatus),
        "payment_status": one_of(PaymentStatus),
        "placed": INSTANT,
        "expires": INSTANT,
        "customer_id": optional(TEXT),
        "email": optional(TEXT),  # blind
        "lines": list_of(unit_price=MONEY, line_total=MONEY, quantity=LONG),
        "totals": object_of(subtotal=MONEY, discount=MONEY, shipping=MONEY, tax=MONEY, total=MONEY),
        "explanation": BYTES,
        "version": VERSION,
        "sealed": optional(BYTES),
    },
    indexes=(
        BY_AGE,
        BY_STATUS,
        BY_EMAIL,
        BY_CUSTOMER,
        BY_FAILED_REFUND,
        Index(("expires", "_id"), only={"status": "pending"}, scattered=True),
    ),
)
ORDER_NAMES = Collection(
    name="order_names",
    # Beside the orders, as carts have their tokens: what is unique must be a shard key. Its id, number and cart each
    # lead to an order's buyer, and so to its shard.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "order_id": TEXT, "buyer": TEXT},
)
PAYMENTS = Collection(
    name="payments",
    # Webhooks and look-ups name the payment.
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "order_id": TEXT,
        "state": one_of(PaymentState),
        "amount": MONEY,
        "open": FLAG,
        "updated": INSTANT,
        "version": VERSION,
        "sealed": optional(BYTES),
    },
    indexes=(Index(("updated", "_id"), only={"open": True}, scattered=True), PAYMENTS_BY_AGE),
)
PAYMENT_NAMES = Collection(
    name="payment_names",
    # One payment of each order: nobody is asked twice. `_id` is the order's. Only of those with an id of their own.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "payment_id": TEXT},
)
JOURNAL = Collection(
    name="journal_entries",
    shard_key={"order_id": "hashed"},
    fields={
        "_id": TEXT,
        "order_id": TEXT,
        "payment_id": optional(TEXT),
        "gateway": optional(TEXT),
        "moment": INSTANT,
        "seq": LONG,
        "postings": list_of(account=one_of(Account), amount=MONEY),
    },
    absent=("gateway",),
    # The number makes entries of one order collide: two that were decided on the same books cannot both be posted.
    indexes=(
        Index(("order_id", "seq"), unique=True),
        Index(("postings.account",), scattered=True),
        Index(("gateway", "moment", "_id"), scattered=True),
        Index(("moment",), scattered=True),
    ),
)

GATEWAY_SWITCHES = Collection(
    name="gateway_switches",
    shard_key={"_id": "hashed"},
    is_paged_by_id=True,
    fields={"_id": TEXT, "is_on": FLAG, "by": TEXT, "at": TEXT, "reason": TEXT},
)

RECONCILIATIONS = Collection(
    name="reconciliations",
    # One a day, read by staff.
    shard_key={"_id": 1},
    fields={"_id": TEXT},
)

WALLETS = Collection(
    name="wallets",
    # `_id` is customer and gateway together. All of one customer's are asked for at each of their checkouts.
    shard_key={"customer_id": "hashed"},
    fields={"_id": TEXT, "customer_id": TEXT, "gateway": TEXT, "reference": TEXT},
    indexes=(Index(("customer_id", "gateway")),),
)

HAND_PAYMENTS = Collection(
    name="hand_payments",
    # Each attempt is named by payment and number, which its gateway is always asked with.
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "state": one_of(PaymentState),
        "amount": MONEY,
        "first_moved": optional(INSTANT),
        "last_moved": optional(INSTANT),
        "version": VERSION,
    },
    indexes=(Index(("last_moved", "_id"), scattered=True),),
)

COLLECTIONS = (
    GATEWAY_SWITCHES,
    HAND_PAYMENTS,
    ORDERS,
    ORDER_NAMES,
    PAYMENTS,
    PAYMENT_NAMES,
    JOURNAL,
    RECONCILIATIONS,
    WALLETS,
)

"""The collections of carts."""

from shopcore.adapters.mongo.schema.declaration import BYTES, FLAG, INSTANT, LONG, TEXT, Collection, Index, optional

CARTS = Collection(
    name="carts",
    # Most carts are guests': the cart is its own customer, and each request names it.
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "token_hash": TEXT,
        "expires": INSTANT,
        "ordered": FLAG,
        "version": LONG,
        "sealed": optional(BYTES),
    },
    indexes=(Index(("expires",), scattered=True),),
)
CART_TOKENS = Collection(
    name="cart_tokens",
    # Beside the carts: a unique field that is not the shard key cannot be had, and would be looked for everywhere.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "cart_id": TEXT},
)
CART_CUSTOMERS = Collection(
    name="cart_customers",
    # Which open cart is a customer's: one, as there is one document of each customer.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "cart_id": TEXT},
)

COLLECTIONS = (CARTS, CART_TOKENS, CART_CUSTOMERS)

"""The map of personal data, of what MongoDB's documents hold besides a Struct."""

from collections.abc import Mapping
from types import MappingProxyType

from shopcore.privacy.model.personal_data import Declared, Gone, Kept, declared, personal

_ID = "Whose it is, by an id that leads to nobody once the account is gone."

DOCUMENTS: Mapping[str, Declared] = MappingProxyType(
    {
        "accounts": declared(
            "accounts",
            personal(Kept.INDEXED, Gone.AT_ONCE, "emails", "To sign in; without the key it tells no address."),
        ),
        "cart_customers": declared(
            "cart_customers",
            personal(Kept.PLAIN, Gone.LATER, "_id", "A customer has one cart."),
            impersonal="cart_id",
        ),
        "cart_tokens": declared(
            "cart_tokens",
            personal(Kept.HASHED, Gone.LATER, "_id", "What a guest shows for their cart."),
            impersonal="cart_id",
        ),
        "orders": declared(
            "orders",
            personal(Kept.PLAIN, Gone.NEVER, "buyer", _ID),
            impersonal="placed expires",
        ),
        "order_names": declared(
            "order_names",
            personal(Kept.PLAIN, Gone.NEVER, "buyer", _ID),
            impersonal="_id order_id",
        ),
        "api_keys": declared("api_keys", impersonal="key_id"),
        "carts": declared("carts", impersonal="expires"),
        "catalog_revisions": declared("catalog_revisions", impersonal="_id turns"),
        "coupons": declared("coupons", impersonal="used"),
        "hand_payments": declared("hand_payments", impersonal="first_moved last_moved"),
        "inbox": declared("inbox", impersonal="at"),
        "job_starts": declared("job_starts", impersonal="_id begun"),
        "job_ticks": declared("job_ticks", impersonal="_id tick"),
        "jobs": declared("jobs", impersonal="due done lease"),
        "journal_entries": declared("journal_entries", impersonal="moment seq"),
        "journeys": declared("journeys", impersonal="opened placed paid amount currency"),
        "listed_products": declared(
            "listed_products",
            impersonal="_id product tie currency filters created name rating_average rating_count spread band low high",
        ),
        "messages": declared("messages", impersonal="changed"),
        "oauth_grants": declared("oauth_grants", impersonal="type used expires"),
        "payment_names": declared("payment_names", impersonal="_id payment_id"),
        "payments": declared("payments", impersonal="open updated"),
        "products": declared("products", impersonal="filed"),
        "reservations": declared("reservations", impersonal="was attempt begun expires due"),
        "schema": declared("schema", impersonal="_id"),
        "searched_products": declared("searched_products", impersonal="_id words filters length prices skus"),
        "sessions": declared("sessions", impersonal="ended expires"),
        "staff_changes": declared("staff_changes", impersonal="_id"),
        "stock_levels": declared("stock_levels", impersonal="available turn drains open moves"),
        "stock_movements": declared("stock_movements", impersonal="place"),
        "stock_watches": declared("stock_watches", impersonal="began"),
        "troubled_addresses": declared("troubled_addresses", impersonal="changed"),
        "webhook_orders": declared("webhook_orders", impersonal="_id told"),
    }
)
"""Fields of collections that no Struct has, by collection."""

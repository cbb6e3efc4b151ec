"""The collections of apps and integrations."""

from shopcore.adapters.mongo.schema.declaration import FLAG, INSTANT, LIST, LONG, TEXT, Collection, Index

OAUTH_CLIENTS = Collection(
    name="oauth_clients",
    # Few, and each is read at every request of an app.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "name": TEXT, "scopes": LIST, "redirect_uris": LIST, "version": LONG},
    is_paged_by_id=True,
)
OAUTH_CONSENTS = Collection(
    name="oauth_consents",
    # `_id` is customer and client together. All of one customer's are asked for when they look at them.
    shard_key={"customer_id": "hashed"},
    fields={"_id": TEXT, "customer_id": TEXT, "client_id": TEXT, "scopes": LIST},
    indexes=(Index(("customer_id", "client_id")),),
)
OAUTH_GRANTS = Collection(
    name="oauth_grants",
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "type": TEXT, "client_id": TEXT, "used": FLAG, "expires": INSTANT, "version": LONG},
    indexes=(Index(("expires",), scattered=True),),
)

COLLECTIONS = (OAUTH_CLIENTS, OAUTH_CONSENTS, OAUTH_GRANTS)

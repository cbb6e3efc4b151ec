"""The collections of who may do what."""

from shopcore.adapters.mongo.schema.declaration import LIST, LONG, TEXT, Collection, Index

ROLES = Collection(
    name="roles",
    # A handful, read whole: there is nothing to spread.
    shard_key={"_id": 1},
    fields={"_id": TEXT, "permissions": LIST},
)
MEMBERS = Collection(
    name="members",
    shard_key={"_id": 1},
    fields={"_id": TEXT, "roles": LIST, "added_at": TEXT},
)
STAFF_CHANGES = Collection(
    name="staff_changes",
    # One document that every change of the staff counts up, so that no two of them pass each other by.
    shard_key={"_id": 1},
    fields={"_id": TEXT, "version": LONG},
)
API_KEYS = Collection(
    name="api_keys",
    # The digest: it is what every request of an integration brings.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "key_id": TEXT, "permissions": LIST, "version": LONG},
    indexes=(Index(("key_id",), scattered=True),),
)

COLLECTIONS = (ROLES, MEMBERS, STAFF_CHANGES, API_KEYS)

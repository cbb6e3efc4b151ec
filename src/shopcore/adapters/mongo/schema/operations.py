"""The collections of jobs, claims, the inbox and the audit log."""

from shopcore.adapters.mongo.schema.declaration import (
    BYTES,
    INSTANT,
    LONG,
    OBJECT,
    TEXT,
    VERSION,
    Collection,
    Index,
    optional,
)

CLAIMS = Collection(
    name="claims",
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "fingerprint": TEXT,
        "owner": TEXT,
        "claimed_at": INSTANT,
        "leased_until": INSTANT,
        "ids": OBJECT,
        "point": TEXT,
        "version": VERSION,
        "sealed": optional(BYTES),
    },
    indexes=(Index(("claimed_at",)),),
)
INBOX = Collection(
    name="inbox",
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "gateway": TEXT, "event_id": TEXT, "type": TEXT, "at": INSTANT},
)
AUDIT = Collection(
    name="audit_entries",
    # One chain: each entry names the one before, so there is nothing to spread.
    shard_key={"_id": 1},
    fields={"_id": LONG, "digest": TEXT, "previous": TEXT},
)

COLLECTIONS: tuple[Collection, ...] = (CLAIMS, INBOX, AUDIT)

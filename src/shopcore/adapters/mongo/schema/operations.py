"""The collections of jobs, claims, the inbox and the audit log."""

from bson.int64 import Int64

from shopcore.adapters.mongo.schema.declaration import (
    BYTES,
    INSTANT,
    LIST,
    LONG,
    OBJECT,
    TEXT,
    VERSION,
    Collection,
    Document,
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
    indexes=(Index(("claimed_at",), scattered=True),),
)
IS_ASIDE: Document = {"look_at": {"$type": "long"}}
"""What a query has to say as the partial indexes say it."""

INBOX = Collection(
    name="inbox",
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "gateway": TEXT,
        "event_id": TEXT,
        "type": TEXT,
        "at": INSTANT,
        "payment_id": TEXT,
        "look_at": INSTANT,
    },
    absent=("payment_id", "look_at"),  # but where it is set aside
    indexes=(
        Index(("at",), scattered=True),
        Index(("look_at",), only=IS_ASIDE, scattered=True),
        Index(("-at", "-_id"), only=IS_ASIDE, scattered=True),
    ),
)
AUDIT = Collection(
    name="audit_entries",
    # One chain: each entry names the one before, so there is nothing to spread.
    shard_key={"_id": 1},
    fields={"_id": LONG, "digest": TEXT, "previous": TEXT},
)

_IS_DUE = {"due": {"$type": "long"}}

JOBS = Collection(
    name="jobs",
    # Workers ask for what is due, whatever it is: a queue is asked of every shard, or kept on one.
    shard_key={"_id": 1},
    fields={
        "_id": TEXT,
        "kind": TEXT,
        "payload": OBJECT,
        "unique_key": optional(TEXT),
        "state": TEXT,
        "priority": LONG,
        "attempts": LONG,
        "max_attempts": LONG,
        "due": optional(INSTANT),
        "done": optional(INSTANT),
        "lease": optional(TEXT),
        "version": VERSION,
    },
    indexes=(
        Index(("unique_key",), unique=True, only={"unique_key": {"$type": "string"}}),
        # With the kind, so that jobs which wait for their turn are passed over in the index alone.
        Index(("-priority", "due", "_id", "kind"), only=_IS_DUE),
        Index(("due", "_id"), only=_IS_DUE),
        Index(("done",), only={"done": {"$type": "long"}}),
        Index(("state", "_id")),
        Index(("state", "kind", "due")),
    ),
)

JOB_STARTS = Collection(
    name="job_starts",
    shard_key={"_id": 1},
    fields={"_id": TEXT, "begun": LIST},
)
JOB_TICKS = Collection(name="job_ticks", shard_key={"_id": 1}, fields={"_id": TEXT, "tick": LONG})

JOURNEYS = Collection(
    name="journeys",
    shard_key={"_id": "hashed"},
    fields={
        "_id": TEXT,
        "opened": INSTANT,
        "order_id": TEXT,
        "placed": INSTANT,
        "paid": INSTANT,
        "amount": LONG,
        "currency": TEXT,
        "merged_into": TEXT,
    },
    absent=("order_id", "placed", "paid", "amount", "currency", "merged_into"),  # until the cart comes that far
    indexes=(Index(("opened",), scattered=True),),
)

HELD_KEYS = Collection(
    name="held_keys",
    # The note, and its lock in several parts: whoever adds an account takes the part of its id, who changes the note
    # takes all, so neither decides on what the other is about to change.
    shard_key={"_id": 1},
    fields={"_id": TEXT, "version": LONG, "index": LIST},
    seeds=(
        {"_id": "note", "version": Int64(0), "index": [], "body": b"{}"},
        *({"_id": f"part {number}", "version": Int64(0), "index": []} for number in range(16)),
    ),
    has_lasting_seeds=True,
)

COLLECTIONS: tuple[Collection, ...] = (CLAIMS, INBOX, AUDIT, JOBS, JOB_STARTS, JOB_TICKS, JOURNEYS, HELD_KEYS)

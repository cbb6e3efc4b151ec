"""The collections of accounts, of what proves whose they are, and of sessions."""

from shopcore.adapters.mongo.schema.declaration import BYTES, FLAG, INSTANT, LIST, LONG, TEXT, Collection, Index

ACCOUNTS = Collection(
    name="accounts",
    shard_key={"_id": "hashed"},
    is_paged_by_id=True,
    # `unverified_since` stands there while its link waits to be followed, `undated` where that is not known yet.
    fields={
        "_id": TEXT,
        "emails": LIST,
        "version": LONG,
        "unverified_since": INSTANT,
        "undated": FLAG,
        "sealed": BYTES,
    },
    absent=("emails", "unverified_since", "undated"),
    indexes=(
        Index(("unverified_since",), only={"unverified_since": {"$exists": True}}, scattered=True),
        Index(("undated",), only={"undated": True}, scattered=True),
    ),
)
ACCOUNT_EMAILS = Collection(
    name="account_emails",
    # Beside the accounts, by blind index under each key that there is: a unique field that is not the shard key cannot
    # be had.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "account_id": TEXT},
)
PASSKEYS = Collection(
    name="passkeys",
    # Whose a passkey is, by the SHA-256 of its credential's id: one account's. All other knowledge of it is sealed.
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "account_id": TEXT},
)
SPENT_TOKENS = Collection(
    name="spent_tokens",
    shard_key={"_id": "hashed"},
    fields={"_id": TEXT, "until": INSTANT},
    indexes=(Index(("until",), scattered=True),),
)
SESSIONS = Collection(
    name="sessions",
    # Every request of a customer brings the id; all of one customer's are asked for when somebody looks at the list.
    shard_key={"_id": "hashed"},
    # `ended_at` stands there where a session ended together with others, and was not sealed anew.
    fields={
        "_id": TEXT,
        "customer_id": TEXT,
        "ended": FLAG,
        "ended_at": INSTANT,
        "expires": INSTANT,
        "version": LONG,
        "sealed": BYTES,
    },
    absent=("ended_at",),
    indexes=(Index(("customer_id", "_id"), only={"ended": False}, scattered=True), Index(("expires",), scattered=True)),
)

COLLECTIONS = (ACCOUNTS, ACCOUNT_EMAILS, PASSKEYS, SESSIONS, SPENT_TOKENS)

"""The collections of orders, payments and their books."""

from shopcore.adapters.mongo.schema.declaration import INSTANT, LIST, LONG, TEXT, Collection, Index

JOURNAL = Collection(
    name="journal_entries",
    shard_key={"order_id": "hashed"},
    fields={"_id": TEXT, "order_id": TEXT, "payment_id": TEXT, "moment": INSTANT, "seq": LONG, "postings": LIST},
    # The number makes entries of one order collide: two that were decided on the same books cannot both be posted.
    indexes=(Index(("order_id", "seq"), unique=True), Index(("postings.account",))),
)

COLLECTIONS = (JOURNAL,)

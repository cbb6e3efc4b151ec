"""The catalogue's collections."""

from shopcore.adapters.mongo.schema.declaration import LONG, TEXT, Collection, Index, optional

CATEGORIES = Collection(
    name="categories",
    # A few hundred, read whole: not worth spreading.
    shard_key={"_id": 1},
    fields={"_id": TEXT, "slug": TEXT, "title": TEXT, "parent_id": optional(TEXT), "position": LONG},
    indexes=(Index(("slug",), unique=True),),
)
REVISIONS = Collection(
    name="catalog_revisions",
    shard_key={"_id": 1},
    fields={"_id": TEXT, "turns": LONG},
)

COLLECTIONS = (CATEGORIES, REVISIONS)

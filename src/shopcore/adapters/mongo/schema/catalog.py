"""The catalogue's collections.

A million products are a few gigabytes, so the catalogue stays together on one shard, unlike what grows with the trade:
slugs and SKUs are unique there, and a listing or a search asks one server. What grows is read by its secondaries.
"""

from shopcore.adapters.mongo.schema.declaration import INSTANT, LIST, LONG, TEXT, Collection, Document, Index, optional

CATEGORIES = Collection(
    name="categories",
    # A few hundred, read whole: not worth spreading.
    shard_key={"_id": 1},
    fields={"_id": TEXT, "slug": TEXT, "title": TEXT, "parent_id": optional(TEXT), "position": LONG},
    indexes=(Index(("slug",), unique=True),),
)
PRODUCTS = Collection(
    name="products",
    shard_key={"_id": 1},
    fields={
        "_id": TEXT,
        "slug": TEXT,
        "title": TEXT,
        "status": {"enum": ["draft", "active", "archived"]},
        "variants": LIST,
        "version": LONG,
        # The layout of the small documents beside it. A program that does not know it may sell, but writes no product.
        "filed": {"bsonType": "long", "minimum": 3},
    },
    indexes=(
        Index(("slug",), unique=True),
        Index(("status", "slug")),
        # Partial, since all products without a variant would have the same key.
        Index(("variants.sku",), unique=True, only={"variants.sku": {"$exists": True}}),
        Index(("variants.id",), unique=True, only={"variants.id": {"$exists": True}}),
    ),
)
_ID = {"bsonType": ["binData", "string"]}
PRICED: Document = {"low": {"$gte": 0}}
_FOUND_BY = ("currency", "filters")
LISTED = Collection(
    # What listings read: a small document for each active product, and one more for each currency that it has prices
    # in. `filters` holds everything that it can be filtered by, alone and together, so that each order is one index
    # whatever is asked for. In the order of a price products stand by how far apart their prices are: those of one
    # spread that meet a span of prices are a range. In the other orders they stand once more by their band of prices.
    # Indexes end in prices, which are looked at there before a document is read; `tie` is the id again, in half the
    # bytes.
    name="listed_products",
    shard_key={"_id": 1},
    fields={
        "_id": TEXT,
        "product": TEXT,
        "tie": _ID,
        "currency": TEXT,
        "filters": LIST,
        "created": INSTANT,
        "name": TEXT,
        "rating_average": LONG,
        "rating_count": LONG,
        "spread": LONG,
        "band": LONG,
        "low": LONG,
        "high": LONG,
    },
    absent=("spread", "band", "low", "high"),
    indexes=(
        Index((*_FOUND_BY, "created", "tie", "low", "high")),
        Index((*_FOUND_BY, "name", "tie", "low", "high")),
        Index((*_FOUND_BY, "rating_average", "rating_count", "tie", "low", "high")),
        Index((*_FOUND_BY, "spread", "low", "tie", "high"), only=PRICED),
        Index((*_FOUND_BY, "spread", "high", "tie", "low"), only=PRICED),
        Index((*_FOUND_BY, "band", "created", "tie", "low", "high"), only=PRICED),
        Index((*_FOUND_BY, "band", "name", "tie", "low", "high"), only=PRICED),
        Index((*_FOUND_BY, "band", "rating_average", "rating_count", "tie", "low", "high"), only=PRICED),
    ),
    retired=(
        Index((*_FOUND_BY, "low", "tie", "high"), only=PRICED),
        Index((*_FOUND_BY, "high", "tie", "low"), only=PRICED),
    ),
)
SEARCHED = Collection(
    # What searches read: each active product's words by all their beginnings, and where they stand.
    name="searched_products",
    shard_key={"_id": 1},
    fields={
        "_id": _ID,
        "words": LIST,
        "filters": LIST,
        "length": LONG,
        "prices": LIST,
        "skus": LIST,
    },
    indexes=(Index(("words", "length", "_id")), Index(("filters", "length", "_id"))),
)
REVISIONS = Collection(
    name="catalog_revisions",
    shard_key={"_id": 1},
    fields={"_id": TEXT, "turns": LONG},
)

COLLECTIONS = (CATEGORIES, PRODUCTS, LISTED, SEARCHED, REVISIONS)

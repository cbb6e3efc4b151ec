"""Which products are in stock, looked up as candidates come by.

A flag on the product would make every sale of a last unit a write to the catalogue. A level is one look-up by its key,
and a page needs few of them unless nearly everything is sold out, or nearly nothing.
"""

from typing import Any

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.inventory.model import StockPolicy

SOLD_OUT: Document = {"tracked": True, "policy": StockPolicy.DENY.value, "available": {"$lte": 0}}
"""A level that nothing can be promised of; a SKU without a level is not tracked, and never runs out."""


def in_stock(skus: str, count: Any, *, wanted: bool) -> list[Document]:
    """Steps of an aggregation that keep what is in stock, or what is not. `skus` is the field with a product's SKUs,
    `count` an expression that says how many there are.
    """
    sold_out: Document = {
        "from": LEVELS.name,
        "localField": skus,
        "foreignField": "_id",
        "pipeline": [{"$match": SOLD_OUT}, {"$project": {"_id": 1}}],
        "as": "sold_out",
    }
    some_left: Document = {"$gt": [count, {"$size": "$sold_out"}]}
    return [{"$lookup": sold_out}, {"$match": {"$expr": some_left if wanted else {"$not": [some_left]}}}]

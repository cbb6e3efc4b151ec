"""Keeps what listings and searches read in step with the products, in the transaction that changes a product."""

from collections.abc import Iterable

from bson.int64 import Int64
from pymongo import DeleteOne, UpdateOne

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.product_places import row_of_search, rows_of_listing, short_id
from shopcore.adapters.mongo.schema.catalog import CATEGORIES, LISTED, SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.errors import CategoryNotFound
from shopcore.catalog.model import Product
from shopcore.kernel.ids import CategoryId

_UNRATED = {"rating_average": Int64(0), "rating_count": Int64(0)}


class Filing:
    """Files one product at a time."""

    def __init__(self, database: MongoDatabase) -> None:
        self._categories = database.collection(CATEGORIES)
        self._listed = database.collection(LISTED)
        self._searched = database.collection(SEARCHED)

    async def file(self, old: Product | None, new: Product, session: Session, *, anew: bool = False) -> None:
        """From `old` (None: it is new) to `new`. Raises `CategoryNotFound`, having written nothing. `anew`: what is
        there was written by an earlier program.
        """
        above = await self._above(new.category_ids, session)
        before = above if old is None or old.category_ids == new.category_ids else None
        if before is None and old is not None:
            before = await self._above(old.category_ids, session)
        await self._list(_rows(old, before), _rows(new, above), session, anew=anew)
        was, now = (None if old is None else row_of_search(old, before or [])), row_of_search(new, above)
        if was == now:
            return
        if now is None:
            await self._searched.delete_one({"_id": short_id(new.id)}, session=session)
        else:
            await self._searched.replace_one({"_id": now["_id"]}, now, upsert=True, session=session)

    async def list_again(self, products: Iterable[Product], session: Session) -> None:
        """Write what listings read of these, whatever is there."""
        above: dict[tuple[CategoryId, ...], list[str]] = {}
        rows: dict[str, Document] = {}
        for product in products:
            if product.category_ids not in above:
                above[product.category_ids] = await self._above(product.category_ids, session)
            rows |= _rows(product, above[product.category_ids])
        await self._list({}, rows, session)

    async def _list(
        self, old: dict[str, Document], new: dict[str, Document], session: Session, *, anew: bool = False
    ) -> None:
        """Ratings are not the product's own and stay."""
        gone = [DeleteOne({"_id": key}) for key in old.keys() - new.keys()]
        there = [
            UpdateOne({"_id": key}, {"$set": row, "$setOnInsert": _UNRATED}, upsert=True)
            for key, row in new.items()
            if anew or old.get(key) != row
        ]
        if gone or there:
            await self._listed.bulk_write([*gone, *there], session=session)

    async def _above(self, category_ids: tuple[CategoryId, ...], session: Session) -> list[str]:
        """The slugs of these categories and of all above them. They stay where they are: nothing moves a category."""
        if not category_ids:
            return []
        steps: list[Document] = [
            {"$match": {"_id": {"$in": list(category_ids)}}},
            {
                "$graphLookup": {
                    "from": CATEGORIES.name,
                    "startWith": "$parent_id",
                    "connectFromField": "parent_id",
                    "connectToField": "_id",
                    "as": "above",
                }
            },
            {"$project": {"slugs": {"$concatArrays": [["$slug"], "$above.slug"]}}},
        ]
        found = await (await self._categories.aggregate(steps, session=session)).to_list()
        if len(found) < len(set(category_ids)):
            raise CategoryNotFound
        return sorted({slug for category in found for slug in category["slugs"]})


def _rows(product: Product | None, above: list[str] | None) -> dict[str, Document]:
    return {} if product is None else {row["_id"]: row for row in rows_of_listing(product, above or [])}

"""The category tree in MongoDB."""

from collections.abc import Sequence

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, insert
from shopcore.adapters.mongo.revision import MongoCatalogRevision
from shopcore.adapters.mongo.schema.catalog import CATEGORIES
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.errors import CategoryNotFound, SlugTaken
from shopcore.catalog.model import Category
from shopcore.kernel.ids import CategoryId

_codec = Codec(CATEGORIES, Category)


class MongoCategories:
    """The category tree; small enough to be read whole."""

    def __init__(self, database: MongoDatabase, revision: MongoCatalogRevision) -> None:
        self._database = database
        self._categories = database.collection(CATEGORIES)
        self._revision = revision

    async def add(self, category: Category) -> None:
        """See the port."""
        document = _codec.encode(category)

        async def step(session: Session) -> None:
            # Categories are never removed, so a parent that is there stays there.
            if category.parent_id is not None and not await self._is_there(category.parent_id, session):
                raise CategoryNotFound
            await insert(self._categories, document, session, {"slug": lambda: SlugTaken(category.slug)})
            await self._revision.turn(category.id, session)

        await self._database.write(step)

    async def get_by_slug(self, slug: str) -> Category:
        """See the port."""
        found = await self._database.read(lambda session: self._categories.find_one({"slug": slug}, session=session))
        if found is None:
            raise CategoryNotFound
        return _codec.decode(found)

    async def everything(self) -> Sequence[Category]:
        """See the port."""
        found = await self._database.read(
            lambda session: self._categories.find({}, session=session).sort("_id").to_list()
        )
        categories = {category.id: category for category in map(_codec.decode, found)}
        return sorted(categories.values(), key=lambda one: (_depth(one, categories), one.position, one.title, one.id))

    async def _is_there(self, category_id: CategoryId, session: Session) -> bool:
        return await self._categories.find_one({"_id": category_id}, {"_id": 1}, session=session) is not None


def _depth(category: Category, categories: dict[CategoryId, Category]) -> int:
    depth = 0
    while category.parent_id is not None and depth < len(categories):
        category, depth = categories[category.parent_id], depth + 1
    return depth

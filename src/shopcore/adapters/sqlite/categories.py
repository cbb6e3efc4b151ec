"""The category tree in SQLite."""

import sqlite3
from collections.abc import Sequence

from shopcore.adapters.sqlite.constraints import Refusals, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.catalog.errors import CategoryNotFound, SlugTaken
from shopcore.catalog.model import Category
from shopcore.kernel.ids import CategoryId

_ADD = "INSERT INTO categories (id, slug, title, parent_id, position) VALUES (?, ?, ?, ?, ?)"
_GET_BY_SLUG = "SELECT id, slug, title, parent_id, position FROM categories WHERE slug = ?"
_EVERYTHING = """
WITH RECURSIVE tree (depth, id, slug, title, parent_id, position) AS (
    SELECT 0, id, slug, title, parent_id, position FROM categories WHERE parent_id IS NULL
    UNION ALL
    SELECT tree.depth + 1, child.id, child.slug, child.title, child.parent_id, child.position
    FROM tree JOIN categories AS child ON child.parent_id = tree.id
)
SELECT id, slug, title, parent_id, position FROM tree ORDER BY depth, position, title, id
"""

_REFUSALS: Refusals = {
    "UNIQUE constraint failed: categories.slug": SlugTaken,
    "FOREIGN KEY constraint failed": lambda _: CategoryNotFound(),
    "CHECK constraint failed: parent_is_another": lambda _: CategoryNotFound(),
}


class SqliteCategories:
    """The category tree; small enough to be read whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, category: Category) -> None:
        """See the port."""
        row = (category.id, category.slug, category.title, category.parent_id, category.position)

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, category.slug):
                connection.execute(_ADD, row)

        await self._database.write(statement)

    async def get_by_slug(self, slug: str) -> Category:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_GET_BY_SLUG, (slug,)).fetchone())
        if row is None:
            raise CategoryNotFound
        return _category(row)

    async def everything(self) -> Sequence[Category]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_EVERYTHING).fetchall())
        return [_category(row) for row in rows]


def _category(row: tuple[str, str, str, str | None, int]) -> Category:
    category_id, slug, title, parent_id, position = row
    return Category(
        id=CategoryId(category_id),
        slug=slug,
        title=title,
        parent_id=None if parent_id is None else CategoryId(parent_id),
        position=position,
    )

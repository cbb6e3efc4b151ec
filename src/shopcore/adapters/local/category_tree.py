"""The category tree, read once for each revision of the catalogue."""

from collections.abc import Sequence

from shopcore.catalog.model import Category
from shopcore.catalog.ports import CatalogRevision, CategoryTree


class HeldCategoryTree:
    """Every page of the catalogue names categories, and they hardly ever change."""

    def __init__(self, tree: CategoryTree, revision: CatalogRevision) -> None:
        self._tree = tree
        self._revision = revision
        self._held: tuple[int, Sequence[Category]] | None = None

    async def everything(self) -> Sequence[Category]:
        """See the port."""
        # The number comes first: should the tree change in between, what is held is newer than it says, never older.
        number = await self._revision.current()
        if self._held is not None and self._held[0] == number:
            return self._held[1]
        categories = tuple(await self._tree.everything())
        if self._held is None or self._held[0] <= number:
            self._held = number, categories
        return categories

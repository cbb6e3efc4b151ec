"""List the categories."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.catalog.model import Category
from shopcore.catalog.ports import CategoryTree
from shopcore.kernel.actor import Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class ListCategories:
    """The tree, parents before children."""

    tree: CategoryTree

    async def __call__(self, _actor: Actor) -> Sequence[Category]:
        """Anybody may. Siblings by position, then title."""
        return await self.tree.everything()

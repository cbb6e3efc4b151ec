"""Show one category."""

from dataclasses import dataclass

from shopcore.catalog.model import Category
from shopcore.catalog.ports import Categories
from shopcore.kernel.actor import Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowCategory:
    """A category by its slug."""

    categories: Categories

    async def __call__(self, _actor: Actor, *, slug: str) -> Category:
        """Anybody may. Raises `CategoryNotFound`."""
        return await self.categories.get_by_slug(slug)

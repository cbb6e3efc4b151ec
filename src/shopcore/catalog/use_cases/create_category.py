"""Create a category."""

from dataclasses import dataclass

from shopcore.catalog.model import Category, check_category, slugify
from shopcore.catalog.ports import Categories
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import CategoryId, Ids
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateCategory:
    """A node of the tree, below another or at the top."""

    unit_of_work: UnitOfWork
    categories: Categories
    audit: Audit
    ids: Ids

    async def __call__(
        self,
        actor: Actor,
        *,
        title: str,
        slug: str | None = None,
        parent_id: CategoryId | None = None,
        position: int = 0,
    ) -> Category:
        """Needs `catalog:write`. Without a slug it gets one from its title.

        Raises `InvalidInput`, `SlugTaken`, or `CategoryNotFound` for an unknown parent; then nothing was stored.
        """
        permit(actor, "catalog:write")
        category = check_category(
            Category(
                id=CategoryId(self.ids.new()),
                slug=slugify(title) if slug is None else slug,
                title=title,
                parent_id=parent_id,
                position=position,
            )
        )

        async def work() -> None:
            await self.categories.add(category)
            after = {"slug": category.slug}
            await self.audit.record(actor, "category.created", f"category/{category.id}", before={}, after=after)

        await self.unit_of_work(work)
        return category

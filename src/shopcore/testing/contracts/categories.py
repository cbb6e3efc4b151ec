"""The contract of `shopcore.catalog.ports.Categories`."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings

from shopcore.catalog.errors import CategoryNotFound, SlugTaken
from shopcore.catalog.model import Category
from shopcore.catalog.ports import Categories
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.samples import Refused, a_category, of_their_own
from shopcore.testing.strategies.catalog import category_trees


@pytest.mark.anyio
class CategoriesContract:
    """Override `categories` and `unit_of_work`."""

    @pytest.fixture
    def categories(self) -> Categories:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(tree=category_trees())
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_what_was_added_is_what_is_got(self, categories: Categories, tree: list[Category]) -> None:
        """Storing and reading is identity, and parents come before children."""
        tree = of_their_own(tree)
        for category in tree:
            await categories.add(category)

        assert [await categories.get_by_slug(category.slug) for category in tree] == tree
        everything = await categories.everything()
        places = {category.id: place for place, category in enumerate(everything)}
        assert all(category in everything for category in tree)
        assert all(c.parent_id is None or places[c.parent_id] < places[c.id] for c in everything)

    async def test_siblings_stand_by_position_then_title(self, categories: Categories) -> None:
        """The merchant's order, and the alphabet where the merchant has none."""
        for category in (
            a_category("clothes", position=2),
            a_category("shoes", position=1),
            a_category("trousers", parent="clothes"),
            a_category("shirts", parent="clothes"),
            a_category("sale", parent="clothes", position=-1),
        ):
            await categories.add(category)

        everything = [category.slug for category in await categories.everything()]
        assert [slug for slug in everything if slug in {"clothes", "shoes"}] == ["shoes", "clothes"]
        assert [slug for slug in everything if slug not in {"clothes", "shoes"}] == ["sale", "shirts", "trousers"]

    async def test_an_unknown_slug_is_not_found(self, categories: Categories) -> None:
        """Also in an empty tree."""
        assert await categories.everything() == []
        with pytest.raises(CategoryNotFound):
            await categories.get_by_slug("clothes")

    async def test_a_slug_is_taken_once(self, categories: Categories) -> None:
        """Many at the same moment: one is stored."""
        rivals = [Category(id=a_category(f"c{n}").id, slug="clothes", title="Clothes") for n in range(5)]

        answers = await asyncio.gather(*(categories.add(rival) for rival in rivals), return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", *["SlugTaken"] * 4]
        assert len(await categories.everything()) == 1

    async def test_a_parent_must_be_there(self, categories: Categories) -> None:
        """Neither an unknown one nor itself will do."""
        with pytest.raises(CategoryNotFound):
            await categories.add(a_category("shirts", parent="clothes"))
        with pytest.raises(CategoryNotFound):
            await categories.add(a_category("shirts", parent="shirts"))
        assert await categories.everything() == []

    async def test_an_undone_unit_leaves_nothing(self, categories: Categories, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""

        async def work() -> None:
            await categories.add(a_category("clothes"))
            assert await categories.get_by_slug("clothes") == a_category("clothes")
            with pytest.raises(SlugTaken):
                await categories.add(a_category("clothes"))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await categories.everything() == []

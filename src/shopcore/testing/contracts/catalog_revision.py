"""The contract of `shopcore.catalog.ports.CatalogRevision`."""

import msgspec
import pytest

from shopcore.catalog.errors import SlugTaken
from shopcore.catalog.ports import CatalogRevision, Categories, Products
from shopcore.testing.contracts.samples import a_category, a_product


@pytest.mark.anyio
class CatalogRevisionContract:
    """Override `revision`, `products` and `categories`."""

    @pytest.fixture
    def revision(self) -> CatalogRevision:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def products(self) -> Products:
        pytest.fail("override this fixture with the products of the same store")

    @pytest.fixture
    def categories(self) -> Categories:
        pytest.fail("override this fixture with the categories of the same store")

    async def test_every_change_is_a_new_revision(
        self, revision: CatalogRevision, products: Products, categories: Categories
    ) -> None:
        """A product added or changed and a category added each give a number that was not there before."""
        seen = [await revision.current()]
        await categories.add(a_category("clothes"))
        seen.append(await revision.current())
        await products.add(a_product("shirt"))
        seen.append(await revision.current())
        await products.update(a_product("shirt").id, lambda old: msgspec.structs.replace(old, title="Blouse"))
        seen.append(await revision.current())

        assert len(set(seen)) == len(seen)

    async def test_what_changes_nothing_is_no_new_revision(self, revision: CatalogRevision, products: Products) -> None:
        """Reads, refused writes and writes of what is there already leave the number alone."""
        await products.add(a_product("shirt"))
        before = await revision.current()

        with pytest.raises(SlugTaken):
            await products.add(msgspec.structs.replace(a_product("other"), slug="shirt"))
        await products.update(a_product("shirt").id, lambda old: old)
        await products.get_by_slug("shirt")

        assert await revision.current() == before

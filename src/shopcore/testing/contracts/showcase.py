"""The contract of `shopcore.shopping.ports.Showcase`."""

import msgspec
import pytest

from shopcore.catalog.errors import ProductNotFound
from shopcore.catalog.model import ProductStatus
from shopcore.catalog.ports import Products
from shopcore.inventory.model import MovementKind, StockPolicy
from shopcore.inventory.ports import Levels
from shopcore.kernel.ids import ProductId, Sku
from shopcore.shopping.ports import Showcase
from shopcore.testing.contracts.samples import NOON, a_product, a_variant


async def shelve(products: Products, levels: Levels) -> None:
    """A shirt of three sizes, of which two are tracked; and a hat, which must not be mistaken for it."""
    sizes = (a_variant("s"), a_variant("m"), a_variant("l"))
    await products.add(msgspec.structs.replace(a_product("shirt"), variants=sizes))
    await products.add(a_product("hat"))
    for sku, on_hand in (("S", 3), ("M", 0), ("HAT-1", 7)):
        await levels.set_rules(Sku(sku), tracked=True, policy=StockPolicy.DENY)
        await levels.set_on_hand(
            Sku(sku), on_hand, kind=MovementKind.ADJUSTED, reason="counted", movement_id=f"opening/{sku}", at=NOON
        )


@pytest.mark.anyio
class ShowcaseContract:
    """Override `showcase`, `products` and `levels`."""

    @pytest.fixture
    def showcase(self) -> Showcase:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def products(self) -> Products:
        pytest.fail("override this fixture with the products of the same store")

    @pytest.fixture
    def levels(self) -> Levels:
        pytest.fail("override this fixture with the levels of the same store")

    async def test_it_tells_what_products_and_levels_tell(
        self, showcase: Showcase, products: Products, levels: Levels
    ) -> None:
        """By id and by slug: the whole product, and the levels of its SKUs and of no other."""
        await shelve(products, levels)
        shirt = await products.get(a_product("shirt").id)
        expected = shirt, await levels.find([Sku("S"), Sku("M"), Sku("L")])

        assert len(expected[1]) == 2
        assert await showcase.get(shirt.id) == expected
        assert await showcase.get_by_slug("shirt") == expected

    async def test_what_changes_is_told_at_once(self, showcase: Showcase, products: Products, levels: Levels) -> None:
        """A price and a count, the moment their writers have their answers."""
        await shelve(products, levels)
        await showcase.get_by_slug("hat")
        dearer = (a_variant("hat-1", usd=2000),)
        await products.update(a_product("hat").id, lambda old: msgspec.structs.replace(old, variants=dearer))
        await levels.adjust(Sku("HAT-1"), -2, reason="counted", movement_id="recount", at=NOON)

        product, stock = await showcase.get_by_slug("hat")

        assert product.variants == dearer
        assert stock[Sku("HAT-1")].on_hand == 5

    async def test_products_of_every_status_are_told(self, showcase: Showcase, products: Products) -> None:
        """Who may see them is not for a store to say. One without a variant has no levels."""
        draft = msgspec.structs.replace(a_product("draft", status=ProductStatus.DRAFT), variants=())
        await products.add(draft)

        assert await showcase.get(draft.id) == (draft, {})

    async def test_what_there_is_not_is_refused(self, showcase: Showcase, products: Products) -> None:
        """By id and by slug; a slug is no id."""
        await products.add(msgspec.structs.replace(a_product("shirt"), slug="blouse"))

        for unknown in ("blouse", "nothing"):
            with pytest.raises(ProductNotFound):
                await showcase.get(ProductId(unknown))
        for unknown in ("shirt", "nothing"):
            with pytest.raises(ProductNotFound):
                await showcase.get_by_slug(unknown)

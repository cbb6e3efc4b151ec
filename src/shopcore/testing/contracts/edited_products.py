"""What `shopcore.catalog.ports.Products` and `ProductListing` promise of a product that somebody edited by hand."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import pytest

from shopcore.catalog.errors import ProductUnreadable
from shopcore.catalog.model import Product, ProductFilter, ProductSort
from shopcore.catalog.ports import ProductListing, Products, leave_out
from shopcore.kernel.ids import ProductId, Sku, VariantId
from shopcore.kernel.stores import StoreUnusable
from shopcore.testing.contracts.samples import a_product

Edit: TypeAlias = Callable[[ProductId, Mapping[str, Any]], Awaitable[None]]
"""Sets values in what the store keeps of a product, by paths like `variants.0.sku`, past all that would refuse them."""

BAD = ProductId("bad")
NONSENSE: Mapping[str, Mapping[str, Any]] = {
    "a date that is none": {"created_at": "yesterday"},
    "tags that are no list": {"tags": "red"},
    "a price below nothing": {"variants.0.prices.USD.price.amount": -500},
    "a price of another currency": {"variants.0.prices.USD.price.currency": "EUR"},
}
_NAMED = r"products/bad is not what a shop wrote \(.+\); mend it, or restore it"


@pytest.mark.anyio
@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
class EditedProductsContract:
    """Override `products`, `listing` and `edit`."""

    @pytest.fixture
    def products(self) -> Products:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def listing(self) -> ProductListing:
        pytest.fail("override this fixture with the listing of the same products")

    @pytest.fixture
    def edit(self) -> Edit:
        pytest.fail("override this fixture with the way past the shop to what the store keeps")

    async def test_whoever_asks_for_it_is_told_what_to_do(
        self, products: Products, edit: Edit, nonsense: Mapping[str, Any]
    ) -> None:
        """By each of its keys, and whoever wants to change it; unless told otherwise, also among others."""
        await _edited(products, edit, nonsense)
        asked: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: products.get(BAD),
            lambda: products.get_by_slug("bad"),
            lambda: products.update(BAD, _unchanged),
            lambda: products.find_variants([VariantId("a-1"), VariantId("bad-1")]),
            lambda: products.find_skus([Sku("A-1"), Sku("BAD-1")]),
            lambda: products.page(None, None, 10),
        )
        for question in asked:
            with pytest.raises(ProductUnreadable, match=_NAMED):
                await question()

    async def test_it_takes_no_others_with_it(
        self, products: Products, listing: ProductListing, edit: Edit, nonsense: Mapping[str, Any]
    ) -> None:
        """Where it is left out, as visitors' lists do it, the others are as they were; whoever wants to know is told
        of it once.
        """
        await _edited(products, edit, nonsense)
        told: list[StoreUnusable] = []
        usd = ProductFilter(currency="USD")
        first = await products.page(None, None, 2, told.append)
        second = await products.page(None, first.next_position, 2, told.append)
        by_id = await products.find_variants([VariantId("a-1"), VariantId("bad-1")], told.append)
        by_sku = await products.find_skus([Sku("BAD-1"), Sku("C-1")], leave_out)
        listed = await listing.page(usd, ProductSort.NAME, None, 10)
        found = await listing.search("1", usd, None, 10)

        assert [[one.slug for one in page.items] for page in (first, second)] == [["a"], ["c"]]
        assert second.next_position is None
        assert (list(by_id), list(by_sku)) == (["a-1"], ["C-1"])
        assert [error.detail[:21] for error in told] == ["products/bad is not w"] * 2
        assert [one.slug for one in listed.items] == ["a", "c"]
        assert sorted(one.slug for one in found.items) == ["a", "c"]


async def _edited(products: Products, edit: Edit, nonsense: Mapping[str, Any]) -> None:
    for slug in ("a", "bad", "c"):
        await products.add(a_product(slug))
    await edit(BAD, nonsense)


def _unchanged(product: Product) -> Product:
    return product

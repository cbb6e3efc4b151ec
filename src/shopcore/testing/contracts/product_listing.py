"""The contract of `shopcore.catalog.ports.ProductListing`: its pages. Searches are in `product_search`."""

from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from shopcore.catalog.model import Product, ProductFilter, ProductSort, ProductStatus, price_range
from shopcore.catalog.ports import Categories, ProductListing, Products
from shopcore.inventory.model import StockPolicy
from shopcore.inventory.ports import Levels
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.levels import stock
from shopcore.testing.contracts.pages import through_a_cursor
from shopcore.testing.contracts.samples import a_category, a_product, a_variant

TREE = (
    a_category("clothes"),
    a_category("shirts", parent="clothes"),
    a_category("polos", parent="shirts"),
    a_category("shoes"),
)
_BELOW = {"clothes": {"clothes", "shirts", "polos"}, "shirts": {"shirts", "polos"}, "polos": {"polos"}}
_TITLES = ("Élan", "elan vital", "Ähre", "zebra", "Zebu", "apple")


def sample(number: int) -> Product:
    """One of a varied lot: brands, tags, categories, prices in one or two currencies, several of the same moment."""
    plain = a_product(f"p-{number:02}", minutes=number // 3)
    return msgspec.structs.replace(
        plain,
        title=_TITLES[number % len(_TITLES)],
        brand=(None, "Acme", "Blau")[number % 3],
        tags=("red", "blue", "sale")[: number % 4],
        category_ids=tuple(category.id for category in TREE[number % 4 : number % 4 + number % 3]),
        status=ProductStatus.DRAFT if number % 7 == 6 else ProductStatus.ACTIVE,
        variants=(
            a_variant(f"{plain.id}-1", usd=100 * (number % 5), eur=None if number % 2 else 700),
            a_variant(f"{plain.id}-2", usd=None if number % 4 == 0 else 100 * (number % 6)),
        )[: number % 3],
    )


CATALOGUE = tuple(sample(number) for number in range(36))
SOLD_OUT = {"P-01-1", "P-04-1", "P-05-1", "P-05-2"}

FILTERS = (
    ProductFilter(currency="USD"),
    ProductFilter(currency="EUR"),
    ProductFilter(currency="USD", brand="Acme"),
    ProductFilter(currency="USD", tag="blue"),
    ProductFilter(currency="USD", category="clothes"),
    ProductFilter(currency="USD", category="polos"),
    ProductFilter(currency="USD", category="unknown"),
    ProductFilter(currency="USD", min_price=200),
    ProductFilter(currency="USD", max_price=100),
    ProductFilter(currency="USD", min_price=100, max_price=300),
    ProductFilter(currency="USD", brand="Acme", tag="blue"),
    ProductFilter(currency="USD", category="clothes", tag="red"),
    ProductFilter(currency="EUR", category="shirts", brand="Blau", max_price=700),
    ProductFilter(currency="USD", in_stock=True),
    ProductFilter(currency="USD", in_stock=False),
    ProductFilter(currency="USD", category="shirts", brand="Acme", tag="red", max_price=400, in_stock=True),
)


def shows(wanted: ProductFilter, product: Product) -> bool:
    """What the filter means, said plainly: the port must agree."""
    span = price_range(product, wanted.currency)
    in_stock = any(variant.sku not in SOLD_OUT for variant in product.variants)
    return (
        product.status is ProductStatus.ACTIVE
        and wanted.brand in {None, product.brand}
        and (wanted.tag is None or wanted.tag in product.tags)
        and (wanted.category is None or bool(_BELOW.get(wanted.category, set()) & set(product.category_ids)))
        and (wanted.min_price is None or (span is not None and span.max.amount >= wanted.min_price))
        and (wanted.max_price is None or (span is not None and span.min.amount <= wanted.max_price))
        and wanted.in_stock in {None, in_stock}
    )


def in_order(products: Sequence[Product], sort: ProductSort, currency: str) -> list[Product]:
    """What the order means, said plainly; names are compared without case and accents."""
    names = {title: place for place, title in enumerate(("Ähre", "apple", "Élan", "elan vital", "zebra", "Zebu"))}
    spans = {product.id: price_range(product, currency) for product in products}
    priced = [product for product in products if spans[product.id] is not None]
    match sort:
        case ProductSort.NEWEST:
            return sorted(products, key=lambda one: (one.created_at, one.id), reverse=True)
        case ProductSort.PRICE_ASC:
            return sorted(priced, key=lambda one: (_span(one, currency)[0], one.id))
        case ProductSort.PRICE_DESC:
            return sorted(priced, key=lambda one: (_span(one, currency)[1], one.id), reverse=True)
        case ProductSort.RATING:
            return sorted(products, key=lambda one: one.id, reverse=True)
        case ProductSort.NAME:
            return sorted(products, key=lambda one: (names[one.title], one.id))


def _span(product: Product, currency: str) -> tuple[int, int]:
    span = price_range(product, currency)
    assert span is not None
    return span.min.amount, span.max.amount


async def every_page(
    listing: ProductListing, wanted: ProductFilter, sort: ProductSort, limit: int = 5
) -> AsyncIterator[Product]:
    """All products of a listing, page by page."""
    after: Position | None = None
    while True:
        page = await listing.page(wanted, sort, after, limit)
        assert len(page.items) == limit or page.next_position is None
        for product in page.items:
            yield product
        after = through_a_cursor(page.next_position)
        if after is None:
            return


async def stock_the_catalogue(levels: Levels) -> None:
    """Some SKUs are sold out, some have stock, some may be oversold; the others have no level."""
    for sku in [variant.sku for product in CATALOGUE for variant in product.variants]:
        if sku in SOLD_OUT:
            await stock(levels, sku, 0)
        elif sku.startswith("P-1"):
            await stock(levels, sku, 3)
        elif sku.startswith("P-2"):
            await stock(levels, sku, 0, StockPolicy.CONTINUE)


@pytest.mark.anyio
class ProductListingContract:
    """Override `listing`, and `products`, `categories`, `levels` and `unit_of_work` of the same store."""

    @pytest.fixture
    def listing(self) -> ProductListing:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def products(self) -> Products:
        pytest.fail("override this fixture with the products of the same store")

    @pytest.fixture
    def categories(self) -> Categories:
        pytest.fail("override this fixture with the categories of the same store")

    @pytest.fixture
    def levels(self) -> Levels:
        pytest.fail("override this fixture with the stock levels of the same store")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the ports join")

    @pytest.fixture
    async def catalogue(
        self, products: Products, categories: Categories, levels: Levels, unit_of_work: UnitOfWork
    ) -> Sequence[Product]:
        """The sample catalogue, stored and stocked."""

        async def work() -> None:
            for category in TREE:
                await categories.add(category)
            for product in CATALOGUE:
                await products.add(product)
            await stock_the_catalogue(levels)

        await unit_of_work(work)
        return CATALOGUE

    @pytest.mark.parametrize("sort", ProductSort)
    async def test_pages_agree_with_a_plain_reading(
        self, listing: ProductListing, catalogue: Sequence[Product], sort: ProductSort
    ) -> None:
        """For each filter: the products that it means, in the order that is meant, none twice and none missed."""
        for wanted in FILTERS:
            expected = in_order([one for one in catalogue if shows(wanted, one)], sort, wanted.currency)

            seen = [product async for product in every_page(listing, wanted, sort)]

            assert [one.id for one in seen] == [one.id for one in expected], wanted
            assert seen == expected

    @pytest.mark.parametrize("sort", ProductSort)
    @pytest.mark.usefixtures("catalogue")
    async def test_products_added_meanwhile_disturb_no_page(
        self, listing: ProductListing, products: Products, sort: ProductSort
    ) -> None:
        """What was there when the first page was read is seen exactly once, whatever is added before the last."""
        wanted = ProductFilter(currency="USD")
        before = [product.id async for product in every_page(listing, wanted, sort)]
        seen: list[str] = []
        async for product in every_page(listing, wanted, sort, limit=4):
            if len(seen) % 4 == 0:
                await products.add(sample(100 + len(seen)))
            seen.append(product.id)

        assert [product_id for product_id in seen if product_id in before] == before
        assert len(set(seen)) == len(seen)

    async def test_a_change_shows_at_once(self, listing: ProductListing, products: Products) -> None:
        """A product enters a listing when it is published or filed, and leaves it when it is archived or repriced."""
        product = msgspec.structs.replace(a_product("shirt"), status=ProductStatus.DRAFT)
        await products.add(product)

        async def shown(wanted: ProductFilter, sort: ProductSort) -> list[str]:
            return [one.id for one in (await listing.page(wanted, sort, None, 10)).items]

        cheap, red = ProductFilter(currency="USD", max_price=1000), ProductFilter(currency="USD", tag="red")
        assert await shown(cheap, ProductSort.PRICE_ASC) == []
        await products.update(product.id, lambda old: msgspec.structs.replace(old, status=ProductStatus.ACTIVE))
        assert await shown(cheap, ProductSort.PRICE_ASC) == ["shirt"]
        assert await shown(red, ProductSort.NEWEST) == []
        await products.update(product.id, lambda old: msgspec.structs.replace(old, tags=("red", "red")))
        assert await shown(red, ProductSort.NEWEST) == ["shirt"]
        dear = (a_variant("shirt-1", usd=2000),)
        await products.update(product.id, lambda old: msgspec.structs.replace(old, variants=dear))
        assert await shown(cheap, ProductSort.PRICE_ASC) == []
        assert await shown(red, ProductSort.PRICE_ASC) == ["shirt"]
        await products.update(product.id, lambda old: msgspec.structs.replace(old, status=ProductStatus.ARCHIVED))
        assert await shown(red, ProductSort.PRICE_ASC) == []

    async def test_an_empty_catalogue_has_an_empty_page(self, listing: ProductListing) -> None:
        """In every order."""
        for sort in ProductSort:
            page = await listing.page(ProductFilter(currency="USD"), sort, None, 20)
            assert (list(page.items), page.next_position) == ([], None)

    async def test_what_a_unit_wrote_it_lists(
        self, listing: ProductListing, products: Products, unit_of_work: UnitOfWork
    ) -> None:
        """A listing inside a unit of work sees the unit's own products."""

        async def work() -> list[str]:
            await products.add(a_product("shirt"))
            page = await listing.page(ProductFilter(currency="USD"), ProductSort.NEWEST, None, 20)
            texts = ("shirt", "shirt s", "shirt trousers")
            hits = [await listing.search(text, ProductFilter(currency="USD"), None, 20) for text in texts]
            return [one.id for found in (page.items, *(each.items for each in hits)) for one in found]

        assert await unit_of_work(work) == ["shirt"] * 3

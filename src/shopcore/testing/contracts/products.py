"""The contract of `shopcore.catalog.ports.Products`."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from shopcore.catalog.errors import CategoryNotFound, ProductNotFound, SkuTaken, SlugTaken
from shopcore.catalog.model import Product, ProductStatus, Variant
from shopcore.catalog.ports import Products
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.pages import through_a_cursor
from shopcore.testing.contracts.samples import Refused, a_product, a_variant, of_its_own
from shopcore.testing.strategies.catalog import products as any_products

replace = msgspec.structs.replace


def tagged(tag: str) -> Callable[[Product], Product]:
    """The change that adds a tag."""
    return lambda product: replace(product, tags=(*product.tags, tag))


def retitled(title: str) -> Callable[[Product], Product]:
    """The change of a title."""
    return lambda product: replace(product, title=title)


@pytest.mark.anyio
class ProductsContract:
    """Override `products` and `unit_of_work`."""

    @pytest.fixture
    def products(self) -> Products:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(product=any_products())
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    async def test_what_was_added_is_what_is_got(self, products: Products, product: Product) -> None:
        """Storing and reading is identity, by each of its keys."""
        product = of_its_own(product)
        await products.add(product)

        assert await products.get(product.id) == product
        assert await products.get_by_slug(product.slug) == product
        by_id = await products.find_variants([variant.id for variant in product.variants])
        assert by_id == {variant.id: (product, variant) for variant in product.variants}
        by_sku = await products.find_skus([variant.sku for variant in product.variants])
        assert by_sku == {variant.sku: (product, variant) for variant in product.variants}

    async def test_what_is_unknown_is_not_found(self, products: Products) -> None:
        """A read by key raises; a look-up of many leaves out what is not there."""
        await products.add(a_product("shirt"))

        with pytest.raises(ProductNotFound):
            await products.get(ProductId("shoe"))
        with pytest.raises(ProductNotFound):
            await products.get_by_slug("shoe")
        with pytest.raises(ProductNotFound):
            await products.update(ProductId("shoe"), tagged("new"))
        assert list(await products.find_variants([VariantId("shoe-1"), VariantId("shirt-1")])) == ["shirt-1"]
        assert list(await products.find_skus([Sku("SHIRT-1"), Sku("SHOE-1")])) == ["SHIRT-1"]
        assert await products.find_skus([]) == {}

    async def test_pages_show_every_status(self, products: Products) -> None:
        """By slug, whatever the status, a page after the other; or those of one status only."""
        statuses = {
            "a": ProductStatus.DRAFT,
            "b": ProductStatus.ACTIVE,
            "c": ProductStatus.ARCHIVED,
            "d": ProductStatus.DRAFT,
        }
        for slug, status in reversed(statuses.items()):
            await products.add(replace(a_product(slug), status=status))

        first = await products.page(None, None, 3)
        rest = await products.page(None, through_a_cursor(first.next_position), 3)
        drafts = await products.page(ProductStatus.DRAFT, None, 2)

        assert [product.slug for product in first.items] == ["a", "b", "c"]
        assert [product.slug for product in rest.items] == ["d"]
        assert rest.next_position is None
        assert [product.slug for product in drafts.items] == ["a", "d"]
        assert drafts.next_position is None

    async def test_a_slug_is_taken_once(self, products: Products) -> None:
        """The second product of a slug is refused, and nothing of it is stored."""
        await products.add(a_product("shirt"))

        with pytest.raises(SlugTaken):
            await products.add(replace(a_product("other"), slug="shirt"))
        with pytest.raises(ProductNotFound):
            await products.get(ProductId("other"))
        assert await products.find_skus([Sku("OTHER-1")]) == {}

    async def test_a_sku_is_taken_once(self, products: Products) -> None:
        """A SKU of another product, or twice in one, is refused, and nothing is stored."""
        await products.add(a_product("shirt"))
        thief = replace(a_product("thief"), variants=(a_variant("thief-1"), a_variant("thief-2", sku="SHIRT-1")))
        twice = replace(a_product("twice"), variants=(a_variant("twice-1"), a_variant("twice-2", sku="TWICE-1")))

        for refused in (thief, twice):
            with pytest.raises(SkuTaken):
                await products.add(refused)
            with pytest.raises(ProductNotFound):
                await products.get_by_slug(refused.slug)
        assert list(await products.find_skus([Sku("THIEF-1"), Sku("TWICE-1")])) == []

    async def test_a_refused_product_leaves_nothing_in_a_unit_that_goes_on(
        self, products: Products, unit_of_work: UnitOfWork
    ) -> None:
        """Whoever catches the refusal within a unit of work commits without a trace of it."""
        await products.add(a_product("shirt"))
        thief = replace(a_product("thief"), variants=(a_variant("thief-1"), a_variant("thief-2", sku="SHIRT-1")))

        async def work() -> None:
            with pytest.raises(SkuTaken):
                await products.add(thief)
            with pytest.raises(SlugTaken):
                await products.add(a_product("shirt"))
            with pytest.raises(SlugTaken):
                await products.update(ProductId("shirt"), lambda _: replace(a_product("shirt"), slug="shoe", title="X"))
            await products.add(replace(a_product("thief"), id=ProductId("heir")))

        await products.add(a_product("shoe"))
        await unit_of_work(work)

        assert (await products.get_by_slug("thief")).id == "heir"
        assert await products.get(ProductId("shirt")) == a_product("shirt")

    async def test_an_unknown_category_is_refused(self, products: Products) -> None:
        """A product cannot stand in a category that does not exist."""
        await products.add(a_product("shirt"))
        astray = replace(a_product("astray"), category_ids=(CategoryId("nowhere"),))

        with pytest.raises(CategoryNotFound):
            await products.add(astray)
        with pytest.raises(CategoryNotFound):
            await products.update(ProductId("shirt"), lambda old: replace(old, category_ids=astray.category_ids))
        with pytest.raises(ProductNotFound):
            await products.get(astray.id)
        assert await products.get(ProductId("shirt")) == a_product("shirt")

    async def test_an_update_replaces_and_counts(self, products: Products) -> None:
        """The changed product is answered and stored, one version on, under its new keys and no longer the old ones."""
        await products.add(a_product("shirt"))
        changed = replace(a_product("shirt"), slug="blouse", variants=(a_variant("blouse-1"),))

        answer = await products.update(ProductId("shirt"), lambda _: changed)

        assert answer == replace(changed, version=2)
        assert await products.get_by_slug("blouse") == await products.get(ProductId("shirt")) == answer
        assert list(await products.find_skus([Sku("SHIRT-1"), Sku("BLOUSE-1")])) == ["BLOUSE-1"]
        with pytest.raises(ProductNotFound):
            await products.get_by_slug("shirt")

    async def test_an_equal_product_is_not_written(self, products: Products) -> None:
        """A change that changes nothing leaves the version alone."""
        await products.add(a_product("shirt"))

        answer = await products.update(ProductId("shirt"), lambda product: replace(product, title=product.title))

        assert answer == await products.get(ProductId("shirt")) == a_product("shirt")

    async def test_id_and_version_are_not_for_a_change_to_set(self, products: Products) -> None:
        """Whatever the change makes of them, the id stays and the version counts."""
        await products.add(a_product("shirt"))

        answer = await products.update(
            ProductId("shirt"), lambda old: replace(old, id=ProductId("other"), version=40, title="Other")
        )

        assert (answer.id, answer.version) == ("shirt", 2)
        assert await products.get(ProductId("shirt")) == answer

    async def test_a_change_that_raises_changes_nothing(self, products: Products) -> None:
        """Its exception comes out as it is."""
        await products.add(a_product("shirt"))

        def change(_: Product) -> Product:
            raise Refused

        with pytest.raises(Refused):
            await products.update(ProductId("shirt"), change)
        assert await products.get(ProductId("shirt")) == a_product("shirt")

    async def test_an_update_cannot_take_what_is_taken(self, products: Products) -> None:
        """A slug or SKU of another product is refused, and the old product stands."""
        await products.add(a_product("shirt"))
        await products.add(a_product("shoe"))
        stolen = (a_variant("shirt-1", sku="SHOE-1"),)

        with pytest.raises(SlugTaken):
            await products.update(ProductId("shirt"), lambda old: replace(old, slug="shoe"))
        with pytest.raises(SkuTaken):
            await products.update(ProductId("shirt"), lambda old: replace(old, variants=stolen))
        assert await products.get(ProductId("shirt")) == a_product("shirt")
        assert (await products.find_skus([Sku("SHOE-1")]))[Sku("SHOE-1")][0].id == "shoe"

    async def test_skus_may_change_places_and_be_given_up(self, products: Products) -> None:
        """Two variants of a product may swap SKUs; one that was given up is free for another product."""
        first, second = a_variant("shirt-1"), a_variant("shirt-2")
        await products.add(replace(a_product("shirt"), variants=(first, second)))

        swapped = (replace(first, sku=second.sku), replace(second, sku=first.sku))
        await products.update(ProductId("shirt"), lambda old: replace(old, variants=swapped))
        await products.update(ProductId("shirt"), lambda old: replace(old, variants=swapped[:1]))
        await products.add(replace(a_product("shoe"), variants=(a_variant("shoe-1", sku="SHIRT-1"),)))

        found = await products.find_skus([Sku("SHIRT-1"), Sku("SHIRT-2")])
        assert {sku: variant.id for sku, (_, variant) in found.items()} == {"SHIRT-1": "shoe-1", "SHIRT-2": "shirt-1"}

    async def test_concurrent_updates_lose_nothing(self, products: Products) -> None:
        """Of many changes at the same moment each is applied to what the one before it left."""
        await products.add(a_product("shirt"))
        tags = [f"tag-{number}" for number in range(20)]

        await asyncio.gather(*(products.update(ProductId("shirt"), tagged(tag)) for tag in tags))

        product = await products.get(ProductId("shirt"))
        assert sorted(product.tags) == sorted(tags)
        assert product.version == 1 + len(tags)

    async def test_one_of_many_takes_a_slug(self, products: Products) -> None:
        """Products of the same slug, added at the same moment: one is stored, the others are refused."""
        rivals = [replace(a_product(f"rival-{number}"), slug="the-slug") for number in range(10)]

        answers = await asyncio.gather(*(products.add(rival) for rival in rivals), return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", *["SlugTaken"] * 9]

    async def test_an_undone_unit_leaves_nothing(self, products: Products, unit_of_work: UnitOfWork) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened."""
        await products.add(a_product("shirt"))

        async def work() -> None:
            await products.add(a_product("shoe"))
            await products.update(ProductId("shirt"), retitled("Changed"))
            assert (await products.get(ProductId("shirt"))).title == "Changed"
            assert [variant.id for _, variant in (await products.find_skus([Sku("SHOE-1")])).values()] == ["shoe-1"]
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await products.get(ProductId("shirt")) == a_product("shirt")
        assert await products.find_variants([VariantId("shoe-1")]) == {}

    async def test_a_product_may_have_many_variants(self, products: Products) -> None:
        """A look-up of some variants of a large product finds them all."""
        many: tuple[Variant, ...] = tuple(a_variant(f"shirt-{number}") for number in range(500))
        await products.add(replace(a_product("shirt"), variants=many))

        found = await products.find_skus([variant.sku for variant in many])

        assert {sku: variant for sku, (_, variant) in found.items()} == {variant.sku: variant for variant in many}

    @pytest.mark.parametrize("status", [None, *ProductStatus])
    async def test_pages_hold_every_product_once(self, products: Products, status: ProductStatus | None) -> None:
        """Of one status or of all, by slug."""
        shop = [a_product(f"p{n:02}", status=list(ProductStatus)[n % 3]) for n in reversed(range(10))]
        for product in shop:
            await products.add(product)

        seen: list[str] = []
        after: Position | None = None
        while True:
            page = await products.page(status, after, 2)
            seen.extend(product.slug for product in page.items)
            after = through_a_cursor(page.next_position)
            if after is None:
                break
        assert seen == sorted(product.slug for product in shop if status in {None, product.status})

"""What staff do to the catalogue, over the embedded store: done whole and told, or refused and nothing written."""

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest
from tests.unit.operations.shop import Shop, new_shop

from shopcore.adapters.files.sanitizer import Nh3Sanitizer
from shopcore.catalog.errors import CategoryNotFound, ProductEdited, ProductNotFound, SkuTaken, SlugTaken
from shopcore.catalog.events import ProductChanged
from shopcore.catalog.model import NewVariant, Option, Price, Product, ProductStatus, Variant
from shopcore.catalog.steps import ChangeProduct
from shopcore.catalog.use_cases.archive_product import ArchiveProduct
from shopcore.catalog.use_cases.create_category import CreateCategory
from shopcore.catalog.use_cases.create_product import CreateProduct
from shopcore.catalog.use_cases.list_categories import ListCategories
from shopcore.catalog.use_cases.publish_product import PublishProduct
from shopcore.catalog.use_cases.show_category import ShowCategory
from shopcore.catalog.use_cases.update_product import UpdateProduct
from shopcore.kernel.actor import Actor, Guest, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId
from shopcore.kernel.money import Money

pytestmark = pytest.mark.anyio

EDITOR = Staff(name="editor", permissions=frozenset({"catalog:write"}))
PACKER = Staff(name="packer", permissions=frozenset({"inventory:write"}))
SIZES = (Option(name="Size", values=("S", "M")),)


class Desk:
    """An editor's acts on one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        told = {"unit_of_work": shop.unit_of_work, "audit": shop.audit}
        products = {**told, "products": shop.products, "events": shop.events}
        change = ChangeProduct(**products)  # type: ignore[arg-type]
        self.create = CreateProduct(**products, clock=shop.clock, ids=shop.ids)  # type: ignore[arg-type]
        self.update = UpdateProduct(change_product=change, clock=shop.clock, sanitizer=Nh3Sanitizer())
        self.publish = PublishProduct(change_product=change, clock=shop.clock)
        self.archive = ArchiveProduct(change_product=change, clock=shop.clock)
        self.create_category = CreateCategory(**told, categories=shop.categories, ids=shop.ids)  # type: ignore[arg-type]
        self.list_categories = ListCategories(tree=shop.categories)
        self.show_category = ShowCategory(categories=shop.categories)

    async def shirt(self) -> Product:
        """A draft in two sizes."""
        return await self.create(EDITOR, title="Blue Shirt", options=SIZES, variants=[size("S"), size("M")])

    async def actions(self) -> list[str]:
        """What the audit log tells."""
        return [entry.action for entry in (await self.shop.audit_log.page(None, 100)).items]


def size(value: str, sku: str = "") -> NewVariant:
    prices = {"USD": Price(price=Money(1999, "USD"))}
    return NewVariant(sku=Sku(sku or f"SHIRT-{value}"), option_values=(value,), prices=prices)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with new_shop() as shop:
        yield Desk(shop)


async def test_a_new_product_is_a_draft(desk: Desk) -> None:
    """Named after its title, its variants after their options; said and recorded once."""
    created = await desk.shirt()
    product = await desk.shop.products.get(created.id)

    assert product == created
    assert (product.slug, product.status, product.version) == ("blue-shirt", ProductStatus.DRAFT, 1)
    assert [(variant.sku, variant.title) for variant in product.variants] == [("SHIRT-S", "S"), ("SHIRT-M", "M")]
    assert len({variant.id for variant in product.variants}) == 2
    assert desk.shop.heard == [ProductChanged(at=desk.shop.clock.now(), product_id=product.id)]
    assert await desk.actions() == ["product.created"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "日本"}, "slug"),
        ({"title": "A", "slug": "Not a slug"}, "slug"),
        ({"title": "A", "options": SIZES, "variants": [size("S"), size("S", "B")]}, "variants/1/option_values"),
        ({"title": "A", "variants": [size("S")]}, "variants/0/option_values"),
        ({"title": "A", "variants": [NewVariant(sku=Sku(" "))]}, "variants/0/sku"),
    ],
)
async def test_a_product_that_breaks_a_rule_is_not_created(
    desk: Desk, arguments: dict[str, object], field: str
) -> None:
    before = await desk.shop.everything()
    with pytest.raises(InvalidInput) as refused:
        await desk.create(EDITOR, **arguments)  # type: ignore[arg-type]

    assert field in {error.field for error in refused.value.errors}
    assert await desk.shop.everything() == before


async def test_what_is_taken_or_unknown_is_refused(desk: Desk) -> None:
    """Slug and SKU are unique in the shop, and a category must be there."""
    await desk.shirt()
    before = await desk.shop.everything()
    with pytest.raises(SlugTaken):
        await desk.create(EDITOR, title="Blue shirt")
    with pytest.raises(SkuTaken):
        await desk.create(EDITOR, title="Red", options=SIZES, variants=[size("S")])
    with pytest.raises(CategoryNotFound):
        await desk.create(EDITOR, title="Red", category_ids=[CategoryId("nowhere")])

    assert await desk.shop.everything() == before


async def test_an_edit_is_sanitised_counted_and_told(desk: Desk) -> None:
    product = await desk.shirt()
    html = "<p onclick='x()'>Soft<script>x()</script></p>"
    edited = await desk.update(
        EDITOR, product_id=product.id, change=lambda before: msgspec.structs.replace(before, description=html)
    )

    assert (edited.description, edited.version) == ("<p>Soft</p>", 2)
    assert await desk.shop.products.get(product.id) == edited
    assert len(desk.shop.heard) == 2
    assert await desk.actions() == ["product.created", "product.updated"]


async def test_an_edit_that_changes_nothing_is_none(desk: Desk) -> None:
    product = await desk.shirt()
    before = await desk.shop.everything()
    await desk.update(EDITOR, product_id=product.id, change=lambda same: same)

    assert await desk.shop.everything() == before


async def test_an_edit_of_another_version_is_refused(desk: Desk) -> None:
    """Two editors never lose an edit of each other."""
    product = await desk.shirt()

    def retitle(title: str) -> Callable[[Product], Product]:
        return lambda current: msgspec.structs.replace(current, title=title)

    await desk.update(EDITOR, product_id=product.id, change=retitle("First"), expected_version=1)
    with pytest.raises(ProductEdited):
        await desk.update(EDITOR, product_id=product.id, change=retitle("Second"), expected_version=1)

    assert (await desk.shop.products.get(product.id)).title == "First"


async def test_an_edit_cannot_touch_identity_or_status(desk: Desk) -> None:
    """A product goes on sale by being published, which looks whether there is anything to sell."""
    product = await desk.create(EDITOR, title="Empty")
    edited = await desk.update(
        EDITOR,
        product_id=product.id,
        change=lambda before: msgspec.structs.replace(
            before, id=ProductId("mine"), status=ProductStatus.ACTIVE, version=70, title="Still empty"
        ),
    )

    assert (edited.id, edited.status, edited.version) == (product.id, ProductStatus.DRAFT, 2)


async def test_an_edit_brings_no_variant_of_another_id(desk: Desk) -> None:
    product = await desk.shirt()
    stranger = Variant(id=VariantId("stranger"), sku=Sku("X"), title="L", option_values=("L",))
    with pytest.raises(InvalidInput) as refused:
        await desk.update(
            EDITOR,
            product_id=product.id,
            change=lambda before: msgspec.structs.replace(before, variants=(*before.variants, stranger)),
        )

    assert [error.field for error in refused.value.errors] == ["variants/2/id"]


async def test_a_product_is_published_and_archived(desk: Desk) -> None:
    """Each once: a second time is no change."""
    product = await desk.shirt()
    published = [await desk.publish(EDITOR, product_id=product.id) for _ in range(2)]
    archived = [await desk.archive(EDITOR, product_id=product.id) for _ in range(2)]

    assert [(each.status, each.version) for each in published] == [(ProductStatus.ACTIVE, 2)] * 2
    assert [(each.status, each.version) for each in archived] == [(ProductStatus.ARCHIVED, 3)] * 2
    assert await desk.actions() == ["product.created", "product.published", "product.archived"]


async def test_a_product_without_a_variant_is_not_published(desk: Desk) -> None:
    product = await desk.create(EDITOR, title="Empty")
    with pytest.raises(InvalidInput):
        await desk.publish(EDITOR, product_id=product.id)

    assert (await desk.shop.products.get(product.id)).status is ProductStatus.DRAFT


async def test_categories_are_a_tree(desk: Desk) -> None:
    """Parents before children, siblings by position; anybody may look."""
    clothes = await desk.create_category(EDITOR, title="Clothes")
    await desk.create_category(EDITOR, title="Shirts", parent_id=clothes.id, position=2)
    await desk.create_category(EDITOR, title="Trousers", parent_id=clothes.id, position=1)

    assert [category.slug for category in await desk.list_categories(Guest())] == ["clothes", "trousers", "shirts"]
    assert await desk.show_category(Guest(), slug="clothes") == clothes
    assert await desk.actions() == ["category.created"] * 3


async def test_a_category_that_cannot_be_is_refused(desk: Desk) -> None:
    await desk.create_category(EDITOR, title="Clothes")
    before = await desk.shop.everything()
    with pytest.raises(SlugTaken):
        await desk.create_category(EDITOR, title="clothes")
    with pytest.raises(CategoryNotFound):
        await desk.create_category(EDITOR, title="Shirts", parent_id=CategoryId("nowhere"))
    with pytest.raises(InvalidInput):
        await desk.create_category(EDITOR, title="")
    with pytest.raises(CategoryNotFound):
        await desk.show_category(Guest(), slug="shirts")

    assert await desk.shop.everything() == before


ACTS: dict[str, Callable[[Desk, Actor], Awaitable[object]]] = {
    "create": lambda desk, actor: desk.create(actor, title="A"),
    "update": lambda desk, actor: desk.update(actor, product_id=ProductId("a"), change=lambda same: same),
    "publish": lambda desk, actor: desk.publish(actor, product_id=ProductId("a")),
    "archive": lambda desk, actor: desk.archive(actor, product_id=ProductId("a")),
    "create category": lambda desk, actor: desk.create_category(actor, title="A"),
}


@pytest.mark.parametrize("act", ACTS)
async def test_acts_of_staff_need_their_permission(desk: Desk, act: str) -> None:
    """Before anything is looked up, so that nobody learns what there is."""
    with pytest.raises(Unauthenticated):
        await ACTS[act](desk, Guest())
    with pytest.raises(Forbidden):
        await ACTS[act](desk, PACKER)


@pytest.mark.parametrize("act", ["update", "publish", "archive"])
async def test_an_unknown_product_is_not_found(desk: Desk, act: str) -> None:
    with pytest.raises(ProductNotFound):
        await ACTS[act](desk, EDITOR)

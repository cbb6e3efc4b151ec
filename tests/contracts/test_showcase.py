"""The showcase, on every store; and that its contract notices mistakes."""

from collections.abc import AsyncIterator, Mapping

import pytest
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.sqlite.database import Database
from shopcore.catalog.errors import ProductNotFound
from shopcore.catalog.model import Product
from shopcore.catalog.ports import Products
from shopcore.inventory.model import StockItem
from shopcore.inventory.ports import Levels
from shopcore.kernel.ids import ProductId, Sku
from shopcore.shopping.ports import Showcase
from shopcore.testing.contracts.showcase import ShowcaseContract

pytestmark = pytest.mark.anyio

Shown = tuple[Product, Mapping[Sku, StockItem]]


class TestShowcase(ShowcaseContract):
    @pytest.fixture
    def showcase(self, store: Store) -> Showcase:
        return store.showcase

    @pytest.fixture
    def products(self, store: Store) -> Products:
        return store.products

    @pytest.fixture
    def levels(self, store: Store) -> Levels:
        return store.levels


@pytest.fixture
async def memory() -> AsyncIterator[Store]:
    """A new, empty store."""
    opened = await Database.open()
    try:
        yield sqlite_store(opened)
    finally:
        await opened.close()


class RememberingShowcase:
    """Planted: shows again what it has shown once."""

    def __init__(self, showcase: Showcase) -> None:
        self._showcase = showcase
        self._shown: dict[str, Shown] = {}

    async def get(self, product_id: ProductId) -> Shown:
        return await self._showcase.get(product_id)

    async def get_by_slug(self, slug: str) -> Shown:
        if slug not in self._shown:
            self._shown[slug] = await self._showcase.get_by_slug(slug)
        return self._shown[slug]


class ObligingShowcase(RememberingShowcase):
    """Planted: takes anything for an id or a slug, and shows one level too few."""

    async def get(self, product_id: ProductId) -> Shown:
        try:
            product, levels = await super().get(product_id)
        except ProductNotFound:
            return await self.get_by_slug(product_id)
        return product, dict(list(levels.items())[1:])


async def test_an_old_answer_is_caught(memory: Store) -> None:
    with pytest.raises(AssertionError):
        await ShowcaseContract().test_what_changes_is_told_at_once(
            RememberingShowcase(memory.showcase), memory.products, memory.levels
        )


async def test_a_level_that_is_left_out_is_caught(memory: Store) -> None:
    with pytest.raises(AssertionError):
        await ShowcaseContract().test_it_tells_what_products_and_levels_tell(
            ObligingShowcase(memory.showcase), memory.products, memory.levels
        )


async def test_a_slug_that_is_taken_for_an_id_is_caught(memory: Store) -> None:
    with pytest.raises(pytest.fail.Exception):
        await ShowcaseContract().test_what_there_is_not_is_refused(ObligingShowcase(memory.showcase), memory.products)

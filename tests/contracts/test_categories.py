"""Categories, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.catalog.ports import Categories
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.categories import CategoriesContract


class TestCategories(CategoriesContract):
    @pytest.fixture
    def categories(self, store: Store) -> Categories:
        return store.categories

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

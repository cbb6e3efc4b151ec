"""Products, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.catalog.ports import Products
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.products import ProductsContract


class TestProducts(ProductsContract):
    @pytest.fixture
    def products(self, store: Store) -> Products:
        return store.products

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

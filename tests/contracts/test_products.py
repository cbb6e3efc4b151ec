"""Products, on every store, and what becomes of those that were edited by hand."""

import pytest
from tests.contracts.stores import Store

from shopcore.catalog.ports import ProductListing, Products
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.edited_products import Edit, EditedProductsContract
from shopcore.testing.contracts.products import ProductsContract


class TestProducts(ProductsContract):
    @pytest.fixture
    def products(self, store: Store) -> Products:
        return store.products

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestEditedProducts(EditedProductsContract):
    @pytest.fixture
    def products(self, store: Store) -> Products:
        return store.products

    @pytest.fixture
    def listing(self, store: Store) -> ProductListing:
        return store.listing

    @pytest.fixture
    def edit(self, store: Store) -> Edit:
        return store.edit

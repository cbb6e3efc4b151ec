"""Listings and searches, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.catalog.ports import Categories, ProductListing, Products
from shopcore.inventory.ports import Levels
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.product_listing import ProductListingContract
from shopcore.testing.contracts.product_search import ProductSearchContract


class Ports:
    @pytest.fixture
    def listing(self, store: Store) -> ProductListing:
        return store.listing

    @pytest.fixture
    def products(self, store: Store) -> Products:
        return store.products

    @pytest.fixture
    def categories(self, store: Store) -> Categories:
        return store.categories

    @pytest.fixture
    def levels(self, store: Store) -> Levels:
        return store.levels

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestProductListing(Ports, ProductListingContract):
    pass


class TestProductSearch(Ports, ProductSearchContract):
    pass

"""The catalogue's revision, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.catalog.ports import CatalogRevision, Categories, Products
from shopcore.testing.contracts.catalog_revision import CatalogRevisionContract


class TestCatalogRevision(CatalogRevisionContract):
    @pytest.fixture
    def revision(self, store: Store) -> CatalogRevision:
        return store.revision

    @pytest.fixture
    def products(self, store: Store) -> Products:
        return store.products

    @pytest.fixture
    def categories(self, store: Store) -> Categories:
        return store.categories


class TestPageRevision(TestCatalogRevision):
    """Of one process, the number that is held for pages is as good."""

    @pytest.fixture
    def revision(self, store: Store) -> CatalogRevision:
        return store.page_revision

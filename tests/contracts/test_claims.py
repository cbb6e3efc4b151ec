"""Claims, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.idempotency.ports import Claims
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.claims import ClaimsContract


class TestClaims(ClaimsContract):
    @pytest.fixture
    def claims(self, store: Store) -> Claims:
        return store.claims

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

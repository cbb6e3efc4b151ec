"""Reconciliations, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.ports import Reconciliations
from shopcore.testing.contracts.reconciliations import ReconciliationsContract


class TestReconciliations(ReconciliationsContract):
    @pytest.fixture
    def reconciliations(self, store: Store) -> Reconciliations:
        return store.reconciliations

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

"""Payments, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.ports import Payments
from shopcore.testing.contracts.payments import PaymentsContract


class TestPayments(PaymentsContract):
    @pytest.fixture
    def payments(self, store: Store) -> Payments:
        return store.payments

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

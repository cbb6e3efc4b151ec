"""The report's list of payments, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.payments.ports import PaymentList, Payments
from shopcore.testing.contracts.payment_list import PaymentListContract


class TestPaymentList(PaymentListContract):
    @pytest.fixture
    def payment_list(self, store: Store) -> PaymentList:
        return store.payment_list

    @pytest.fixture
    def payments(self, store: Store) -> Payments:
        return store.payments

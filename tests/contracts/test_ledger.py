"""The ledger, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.ports import Ledger
from shopcore.testing.contracts.ledger import LedgerContract


class TestLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, store: Store) -> Ledger:
        return store.ledger

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

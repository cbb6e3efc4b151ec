"""A store from the inside, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.inventory.ports import Levels, Reservations
from shopcore.operations.ports import Holdings
from shopcore.testing.contracts.holdings import HoldingsContract


class TestHoldings(HoldingsContract):
    @pytest.fixture
    def holdings(self, store: Store) -> Holdings:
        return store.holdings

    @pytest.fixture
    def levels(self, store: Store) -> Levels:
        return store.levels

    @pytest.fixture
    def reservations(self, store: Store) -> Reservations:
        return store.reservations

"""Carts, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.cart.ports import Carts
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.carts import CartsContract


class TestCarts(CartsContract):
    @pytest.fixture
    def carts(self, store: Store) -> Carts:
        return store.carts

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

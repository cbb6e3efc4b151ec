"""Orders and their list, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.ports import OrderList, Orders
from shopcore.testing.contracts.orders import OrdersContract


class TestOrders(OrdersContract):
    @pytest.fixture
    def orders(self, store: Store) -> Orders:
        return store.orders

    @pytest.fixture
    def order_list(self, store: Store) -> OrderList:
        return store.order_list

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

"""Orders that are told are orders like all others; and each step of one has its job, in the very same transaction."""

import asyncio

import pytest
from tests.contracts.stores import Store

from shopcore.adapters.local.told_orders import ToldOrders
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import annotate
from shopcore.ordering.ports import OrderList, Orders
from shopcore.testing.contracts.orders import OrdersContract
from shopcore.testing.contracts.sales_samples import an_order
from shopcore.testing.contracts.webhooks import NOON, Undone

pytestmark = pytest.mark.anyio


async def somebody_listens() -> bool:
    return True


async def nobody_listens() -> bool:
    return False


def told(store: Store) -> ToldOrders:
    return ToldOrders(store.orders, somebody_listens, store.jobs, store.unit_of_work)


class TestToldOrders(OrdersContract):
    @pytest.fixture
    def orders(self, store: Store) -> Orders:
        return told(store)

    @pytest.fixture
    def order_list(self, store: Store) -> OrderList:
        return store.order_list

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


async def announced(store: Store) -> list[str]:
    """The keys of the jobs, without the order's id."""
    jobs = (await store.queue.page(None, None, 100)).items
    assert {job.kind for job in jobs} <= {"announce_order"}
    return sorted((job.unique_key or "").rpartition("/")[2] for job in jobs)


async def test_each_step_has_its_job(store: Store) -> None:
    """Also those that are taken at one moment; what is no step has none."""
    orders, order = told(store), an_order("one")
    await orders.add(order, "hash")
    await asyncio.gather(
        *(orders.update(order.id, lambda held: annotate(held, "Hello", NOON, "staff")) for _ in range(3))
    )
    await orders.update(order.id, lambda held: held)

    assert await announced(store) == ["1", "2", "3", "4"]


async def test_a_step_that_is_undone_is_not_told(store: Store) -> None:
    orders, order = told(store), an_order("one")
    await orders.add(order, "hash")

    async def work() -> None:
        await orders.update(order.id, lambda held: annotate(held, "Hello", NOON, "staff"))
        raise Undone

    with pytest.raises(Undone):
        await store.unit_of_work(work)
    assert await announced(store) == ["1"]


async def test_where_nobody_listens_nothing_is_written(store: Store) -> None:
    order = an_order("one")
    orders = ToldOrders(store.orders, nobody_listens, store.jobs, store.unit_of_work)
    await orders.add(order, "hash")
    await orders.update(order.id, lambda held: annotate(held, "Hello", NOON, "staff"))

    assert await announced(store) == []

"""The contract of `shopcore.ordering.ports.Orders` and `OrderList`."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from shopcore.kernel.address import Contact
from shopcore.kernel.ids import CartId, CustomerId, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import CartOrdered, NumberTaken, OrderNotFound, TransitionRefused
from shopcore.ordering.model import UNPAID_LIFETIME, Order, OrderStatus, cancel, claim, note, number_of, pay
from shopcore.ordering.ports import OrderFilter, OrderList, Orders
from shopcore.testing.contracts.pages import everything
from shopcore.testing.contracts.sales_samples import a_mark, a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON, Refused
from shopcore.testing.strategies.ordering import orders as any_orders

EVERY = OrderFilter()
_PAY = partial(pay, at=NOON, by="integration:bogus")
_NOTE = partial(note, event="called", at=NOON, by="staff:somebody")


async def place(orders: Orders, *placed: Order) -> None:
    """Add them, each with the token of its id."""
    for order in placed:
        await orders.add(order, a_token_hash(order.id))


@pytest.mark.anyio
class OrdersContract:
    """Override `orders`, `order_list` (of the same store) and `unit_of_work`."""

    @pytest.fixture
    def orders(self) -> Orders:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def order_list(self) -> OrderList:
        pytest.fail("override this fixture with the list of the same store")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    @given(order=any_orders())
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_what_was_added_is_what_is_got(self, orders: Orders, order: Order) -> None:
        """Storing and reading is identity, to the byte of the explanation; what is there is not added again."""
        mark = a_mark()
        order_id = OrderId(mark + order.id)
        order = msgspec.structs.replace(
            order, id=order_id, cart_id=CartId(mark + order.cart_id), number=number_of(order_id, 0)
        )
        await place(orders, order)

        assert await orders.get(order.id) == order
        assert await orders.get_by_number(order.number) == order
        assert await orders.find_by_cart(order.cart_id) == order
        with pytest.raises((CartOrdered, NumberTaken)):
            await place(orders, order)

    async def test_what_is_not_there_is_not_found(self, orders: Orders) -> None:
        """Reading and changing refuse; asking by cart answers None."""
        with pytest.raises(OrderNotFound):
            await orders.get(OrderId("unknown"))
        with pytest.raises(OrderNotFound):
            await orders.get_by_number("0000-0000")
        with pytest.raises(OrderNotFound):
            await orders.update(OrderId("unknown"), _PAY)
        assert await orders.find_by_cart(CartId("unknown")) is None
        assert not await orders.owned_by_token(OrderId("unknown"), a_token_hash("unknown"))

    async def test_a_number_is_read_as_people_write_it(self, orders: Orders) -> None:
        """In any case, with or without the hyphen."""
        order = an_order("mine")
        await place(orders, order)
        number = order.number

        for written in (number, number.lower(), number.replace("-", ""), number.replace("-", "").lower()):
            assert await orders.get_by_number(written) == order

    async def test_a_number_names_one_order(self, orders: Orders) -> None:
        """However it is written; the next candidate is free, in the same unit too."""
        first, second = an_order("first"), an_order("second")
        await place(orders, first)

        for taken in (first.number, first.number.lower()):
            with pytest.raises(NumberTaken):
                await place(orders, msgspec.structs.replace(second, number=taken))
        await place(orders, second)
        assert await orders.get_by_number(second.number) == second

    async def test_a_cart_becomes_one_order(self, orders: Orders) -> None:
        """Five at the same moment: one is placed."""
        cart_id = CartId("cart")
        rivals = [msgspec.structs.replace(an_order(f"order {n}"), cart_id=cart_id) for n in range(5)]

        answers = await asyncio.gather(*(place(orders, rival) for rival in rivals), return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in answers) == [*["CartOrdered"] * 4, "NoneType"]
        assert await orders.find_by_cart(cart_id) in rivals

    async def test_a_token_shows_its_own_order_only(self, orders: Orders) -> None:
        """By its hash."""
        await place(orders, an_order("mine"), an_order("yours"))

        assert await orders.owned_by_token(OrderId("mine"), a_token_hash("mine"))
        assert not await orders.owned_by_token(OrderId("mine"), a_token_hash("yours"))

    async def test_a_change_counts_the_version_up(self, orders: Orders) -> None:
        """The answer is what is stored; an equal order is no change."""
        await place(orders, an_order("mine"))

        paid = await orders.update(OrderId("mine"), _PAY)
        again = await orders.update(OrderId("mine"), msgspec.structs.replace)

        assert (paid.version, paid.status) == (2, OrderStatus.PROCESSING)
        assert await orders.get(OrderId("mine")) == again == paid

    async def test_a_contact_is_changed_and_found(self, orders: Orders, order_list: OrderList) -> None:
        """By the new e-mail address, and by the old one no longer."""
        await place(orders, an_order("mine"))
        contact = Contact(email="other@post.example")

        changed = await orders.update(OrderId("mine"), partial(msgspec.structs.replace, contact=contact))

        assert await orders.get(OrderId("mine")) == changed
        assert changed.contact == contact
        assert (await order_list.page(OrderFilter(email="other@post.example"), None, 10)).items == [changed]
        assert (await order_list.page(OrderFilter(email="mia.krause@post.example"), None, 10)).items == []

    async def test_a_refused_change_changes_nothing(self, orders: Orders) -> None:
        """Whatever `change` raises comes out unchanged."""
        await place(orders, an_order("mine"))
        paid = await orders.update(OrderId("mine"), _PAY)

        with pytest.raises(TransitionRefused):
            await orders.update(OrderId("mine"), _PAY)
        assert await orders.get(OrderId("mine")) == paid

    async def test_concurrent_changes_are_all_kept(self, orders: Orders) -> None:
        """Twenty notes at the same moment: twenty lines more."""
        await place(orders, an_order("mine"))

        await asyncio.gather(*(orders.update(OrderId("mine"), _NOTE) for _ in range(20)))

        order = await orders.get(OrderId("mine"))
        assert (len(order.timeline), order.version) == (21, 21)

    async def test_paid_or_cancelled_but_not_both(self, orders: Orders) -> None:
        """Of two acts that exclude each other one is refused, since it sees what the other wrote."""
        await place(orders, an_order("mine"))
        expire_it = partial(cancel, at=NOON, by="guest")

        answers = await asyncio.gather(
            *(orders.update(OrderId("mine"), expire_it) for _ in range(5)), return_exceptions=True
        )

        assert sum(isinstance(answer, TransitionRefused) for answer in answers) == 4
        assert (await orders.get(OrderId("mine"))).status is OrderStatus.CANCELLED

    async def test_an_undone_unit_leaves_nothing(
        self, orders: Orders, order_list: OrderList, unit_of_work: UnitOfWork
    ) -> None:
        """Inside a unit its own writes are seen; when it raises, they never happened, and another has the number: what
        changes that is told nothing of the first.
        """
        await place(orders, an_order("old"))

        async def work() -> None:
            await place(orders, an_order("new"))
            await orders.update(OrderId("old"), _PAY)
            assert (await orders.get(OrderId("old"))).status is OrderStatus.PROCESSING
            assert len((await order_list.page(EVERY, None, 10)).items) == 2
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await orders.get(OrderId("old")) == an_order("old")
        await place(orders, an_order("new", minutes=5))
        noted = await orders.update(OrderId("new"), _NOTE)
        assert noted == await orders.get(OrderId("new"))
        assert noted.placed_at == an_order("new", minutes=5).placed_at

    async def test_the_list_is_newest_first(self, orders: Orders, order_list: OrderList) -> None:
        """A page at a time, each order once, those of one instant too."""
        placed = [an_order(f"order {n}", minutes=n // 3) for n in range(10)]
        await place(orders, *placed)
        expected = sorted(placed, key=lambda order: (order.placed_at, order.id), reverse=True)

        found = await everything(partial(order_list.page, EVERY), 4)
        assert found == expected

    async def test_a_full_last_page_has_no_next(self, orders: Orders, order_list: OrderList) -> None:
        """As many as asked for, and no more: nothing follows."""
        await place(orders, an_order("first"), an_order("second", minutes=1))

        assert (await order_list.page(EVERY, None, 2)).next_position is None
        assert (await order_list.page(EVERY, None, 1)).next_position is not None

    async def test_the_list_is_filtered(self, orders: Orders, order_list: OrderList) -> None:
        """By status, by e-mail address, by both; by nothing that is not asked for."""
        mia, tom = "mia.krause@post.example", "tom@post.example"
        await place(orders, an_order("a", email=mia), an_order("b", minutes=1, email=tom))
        await place(orders, an_order("c", minutes=2, email=mia), an_order("d", minutes=3, email=None))
        await orders.update(OrderId("a"), _PAY)

        async def found(wanted: OrderFilter) -> list[str]:
            return [order.id for order in (await order_list.page(wanted, None, 10)).items]

        assert await found(EVERY) == ["d", "c", "b", "a"]
        assert await found(OrderFilter(status=OrderStatus.PENDING)) == ["d", "c", "b"]
        assert await found(OrderFilter(email=mia)) == ["c", "a"]
        assert await found(OrderFilter(status=OrderStatus.PROCESSING, email=mia)) == ["a"]
        assert await found(OrderFilter(email="nobody@post.example")) == []

    async def test_a_customer_s_orders_are_found(self, orders: Orders, order_list: OrderList) -> None:
        """Those they placed and those they claimed, newest first, by status too; nobody else's."""
        ann = CustomerId("ann")
        hers = msgspec.structs.replace(an_order("hers", minutes=2), customer_id=ann)
        toms = msgspec.structs.replace(an_order("toms", minutes=3), customer_id=CustomerId("tom"))
        await place(orders, an_order("guests"), an_order("claimed", minutes=1), hers, toms)
        await orders.update(OrderId("claimed"), partial(claim, customer_id=ann))
        await orders.update(OrderId("claimed"), _PAY)

        async def found(wanted: OrderFilter) -> list[str]:
            return [order.id for order in (await order_list.page(wanted, None, 10)).items]

        assert await found(OrderFilter(customer_id=ann)) == ["hers", "claimed"]
        assert await found(OrderFilter(customer_id=ann, status=OrderStatus.PROCESSING)) == ["claimed"]
        assert await found(OrderFilter(customer_id=ann, email="mia.krause@post.example")) == ["hers", "claimed"]
        assert await found(OrderFilter(customer_id=CustomerId("eve"))) == []
        assert await found(OrderFilter(email="mia.krause@post.example", is_unclaimed=True)) == ["guests"]
        assert await found(OrderFilter(is_unclaimed=True, status=OrderStatus.PROCESSING)) == []
        assert (await orders.get(OrderId("claimed"))).customer_id == ann

    async def test_unpaid_are_those_whose_time_is_over(self, orders: Orders, order_list: OrderList) -> None:
        """Oldest first, at most so many; a paid one never."""
        await place(orders, *(an_order(name, minutes=n) for n, name in enumerate(("first", "second", "third", "late"))))
        await orders.update(OrderId("second"), _PAY)
        now = NOON + UNPAID_LIFETIME + timedelta(minutes=2)

        assert await order_list.unpaid_since(NOON + UNPAID_LIFETIME - timedelta(microseconds=1), 10) == []
        assert await order_list.unpaid_since(now, 10) == [
            (OrderId("first"), NOON + UNPAID_LIFETIME),
            (OrderId("third"), now),
        ]
        assert await order_list.unpaid_since(now, 1) == [(OrderId("first"), NOON + UNPAID_LIFETIME)]

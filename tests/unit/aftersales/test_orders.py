"""Who sees an order, who finds it by its number, and how it leaves the house."""

import pytest
from tests.stories import PRICE, TEA, Story

from shopcore.checkout.model import PaymentChoice
from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Staff, System
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.kernel.paging import InvalidCursor
from shopcore.ordering.errors import OrderNotFound, TransitionRefused
from shopcore.ordering.model import OrderStatus

pytestmark = pytest.mark.anyio

_CHOICE = PaymentChoice(method="ok")
READER = Staff(name="reader", permissions=frozenset({"orders:read"}))
STRANGERS: tuple[Actor, ...] = (
    Guest(),
    Guest(order_token="made up"),
    Guest(cart_token="made up"),
    Customer(customer_id=CustomerId("somebody")),
)


async def test_an_order_is_shown_to_its_token_and_to_staff(story: Story) -> None:
    """And to another system that may read orders, and to the shop itself."""
    await story.sell()
    bought = await story.buy()
    reading = Integration(name="erp", permissions=READER.permissions)
    for actor in (bought.guest, READER, reading, System(kind="job")):
        assert (await story.as_(actor).orders.show(order_id=bought.id)).id == bought.id


@pytest.mark.parametrize("stranger", STRANGERS, ids=repr)
async def test_everybody_else_is_told_that_there_is_none(story: Story, stranger: Actor) -> None:
    """An order that is somebody else's answers like one that was never placed; so does another try to pay it."""
    await story.sell()
    bought, other = await story.buy("declined"), await story.buy()
    for order_id in (bought.id, OrderId("none"), OrderId("")):
        for actor in (stranger, other.guest):
            with pytest.raises(OrderNotFound):
                await story.as_(actor).orders.show(order_id=order_id)
            with pytest.raises(OrderNotFound):
                await story.as_(actor).checkout.retry_payment(order_id=order_id, choice=_CHOICE)


async def test_staff_need_the_permission_of_each_act(story: Story) -> None:
    """Who may look at orders may not have them paid; who may do neither is not even told whether there is one."""
    await story.sell()
    bought = await story.buy("declined")
    nobody = Staff(name="gardener")
    for order_id in (bought.id, OrderId("none")):
        with pytest.raises(Forbidden):
            await story.as_(nobody).orders.show(order_id=order_id)
        with pytest.raises(Forbidden):
            await story.as_(READER).checkout.retry_payment(order_id=order_id, choice=_CHOICE)
    cashier = Staff(name="cashier", permissions=frozenset({"payments:write"}))
    story.bought(await story.as_(cashier).checkout.retry_payment(order_id=bought.id, choice=_CHOICE))
    assert await story.captured() == [PRICE.amount]


async def test_an_order_is_found_by_its_number_as_it_is_said(story: Story) -> None:
    """In any case, with or without the hyphen; by staff alone."""
    await story.sell()
    bought = await story.buy()
    number = bought.first.order.number
    for said in (number, number.lower(), number.replace("-", "")):
        assert (await story.as_(READER).orders.find(number=said)).id == bought.id
    with pytest.raises(OrderNotFound):
        await story.as_(READER).orders.find(number="0000-0000")
    with pytest.raises(Unauthenticated):
        await story.as_(bought.guest).orders.find(number=number)


async def test_orders_are_listed_newest_first_by_status_and_by_address(story: Story) -> None:
    """A page at a time; a cursor of another list is refused, as is an address that is none."""
    await story.sell()
    bought = []
    for method in ("ok", "declined", "ok"):
        bought.append(await story.buy(method))
        await story.clock.advance(1)
    orders = story.as_(READER).orders
    page = await orders.list(limit=2)

    assert [order.id for order in page.items] == [bought[2].id, bought[1].id]
    rest = await orders.list(limit=2, cursor=page.next_cursor)
    assert [order.id for order in rest.items] == [bought[0].id]
    assert [order.id for order in (await orders.list(status=OrderStatus.PENDING)).items] == [bought[1].id]
    assert len((await orders.list(email="ann@EXAMPLE.com")).items) == 3
    assert not (await orders.list(email="bob@example.com")).items
    with pytest.raises(InvalidCursor):
        await orders.list(status=OrderStatus.PENDING, cursor=page.next_cursor)
    with pytest.raises(InvalidInput):
        await orders.list(email="ann")
    with pytest.raises(Unauthenticated):
        await story.as_(bought[0].guest).orders.list()


async def test_a_paid_order_is_shipped_and_delivered(story: Story) -> None:
    """With its parcel and tracking number; each step once, and told in the timeline and the audit log."""
    await story.sell()
    bought = await story.buy()
    packer = story.as_(Staff(name="packer", permissions=frozenset({"orders:write"}))).orders
    await packer.ship(order_id=bought.id, carrier="Post", tracking_number="T-1")
    with pytest.raises(TransitionRefused):
        await packer.ship(order_id=bought.id)
    await story.clock.advance(60)
    await packer.deliver(order_id=bought.id)
    with pytest.raises(TransitionRefused):
        await packer.deliver(order_id=bought.id)

    order = await bought.order()
    (parcel,) = order.fulfillments
    assert (parcel.carrier, parcel.tracking_number) == ("Post", "T-1")
    assert parcel.delivered_at == story.clock.now() > parcel.shipped_at
    assert [(one.event, one.by) for one in order.timeline[2:]] == [
        ("shipped", "staff:packer"),
        ("delivered", "staff:packer"),
    ]
    log = (await story.staff.audit.list(limit=100)).items
    assert [entry.action for entry in log if entry.subject == bought.id] == ["order.deliver", "order.ship"]
    await story.settles()
    assert await story.level(TEA) == (4, 0)


@pytest.mark.parametrize("method", ["declined", "requires_action", "lost_answer"])
async def test_what_is_not_paid_does_not_leave_the_house(story: Story, method: str) -> None:
    """Nor does what was cancelled."""
    await story.sell()
    bought = await story.buy(method)
    with pytest.raises(TransitionRefused):
        await story.staff.orders.ship(order_id=bought.id)
    await bought.cancel()
    with pytest.raises(TransitionRefused):
        await story.staff.orders.ship(order_id=bought.id)
    with pytest.raises(TransitionRefused):
        await story.staff.orders.deliver(order_id=bought.id)


@pytest.mark.parametrize("act", ["ship", "deliver"])
async def test_buyers_and_readers_send_nothing(story: Story, act: str) -> None:
    """Only who may write orders."""
    await story.sell()
    bought = await story.buy()
    with pytest.raises(Unauthenticated):
        await getattr(story.as_(bought.guest).orders, act)(order_id=bought.id)
    with pytest.raises(Forbidden):
        await getattr(story.as_(READER).orders, act)(order_id=bought.id)
    with pytest.raises(OrderNotFound):
        await getattr(story.staff.orders, act)(order_id=OrderId("none"))

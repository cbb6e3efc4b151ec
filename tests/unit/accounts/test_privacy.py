"""Being forgotten: who may, when, and what is left."""

import msgspec
import pytest
from tests.stories import COMPLETE, TEA, Bought, Story, refusal

from shopcore.identity.errors import AccountNotFound
from shopcore.identity.model import Device, SignedIn
from shopcore.kernel.actor import Customer, Guest, SignIn, Staff, StepUpRequired, System
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.ordering.model import OrderStatus, claim
from shopcore.privacy.errors import OrdersUnderWay

pytestmark = pytest.mark.anyio

PASSWORD = "difference engine no. 2"


async def joins(story: Story, email: str = "ann@example.com") -> SignedIn:
    """Somebody registers and follows the link."""
    await story.as_(Guest()).accounts.register(email=email, password=PASSWORD)
    await story.shop.work_off()
    return await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token(), password=PASSWORD)


def customer(signed_in: SignedIn) -> Customer:
    """As they come with that session."""
    session = signed_in.session
    came = SignIn(session_id=session.id, at=session.authenticated_at, methods=session.methods)
    return Customer(customer_id=session.customer_id, sign_in=came)


async def buys(story: Story, ann: Customer) -> Bought:
    """A customer buys something."""
    await story.as_(ann).cart.add_item(sku=TEA, quantity=1)
    await story.as_(ann).cart.update(changes=COMPLETE)
    return story.bought(await story.reply(ann))


async def test_a_device_left_open_does_not_suffice(story: Story) -> None:
    """An hour after the sign-in another one is asked for; then it is done."""
    ann = customer(await joins(story))
    await story.passes(3601)
    with pytest.raises(StepUpRequired):
        await story.as_(ann).privacy.erase()
    again = await story.as_(Guest()).accounts.sign_in(email="ann@example.com", password=PASSWORD, device=Device())
    await story.as_(customer(again)).privacy.erase()

    with pytest.raises(AccountNotFound):
        await story.as_(ann).profile.show()


async def test_orders_come_to_their_end_first(story: Story) -> None:
    """In every state in which somebody waits for something."""
    await story.sell()
    ann = customer(await joins(story))
    bought = await buys(story, ann)
    staff = story.staff.orders
    for advance in (staff.show, staff.ship):
        await advance(order_id=bought.id)
        with pytest.raises(OrdersUnderWay):
            await story.as_(ann).privacy.erase()
    await staff.deliver(order_id=bought.id)
    await staff.refund(order_id=bought.id, reason="a scratch, says Ann on 0170", amount=Money(500, "USD"))
    await story.as_(ann).privacy.erase()
    await story.shop.work_off()
    kept = await staff.show(order_id=bought.id)

    assert (kept.contact.email, kept.contact.shipping_address) == (None, None)
    assert [(refund.amount, refund.reason) for refund in kept.refunds] == [(Money(500, "USD"), "forgotten")]
    assert "0170" not in msgspec.json.encode(kept).decode()
    assert kept.totals == (bought.first.order).totals
    assert (await staff.list(email="ann@example.com")).items == []
    assert not await story.jobs("dead")


async def test_what_was_ordered_signed_out_is_forgotten_too(story: Story) -> None:
    """With the verified address, before any job has claimed it: shown, waited for, and then forgotten."""
    await story.sell()
    ann = customer(await joins(story))
    bought = await story.buy()
    shown = (await story.as_(ann).privacy.export()).orders
    with pytest.raises(OrdersUnderWay):
        await story.as_(ann).privacy.erase()
    staff = story.staff.orders
    await staff.ship(order_id=bought.id)
    await staff.deliver(order_id=bought.id)
    await story.as_(ann).privacy.erase()
    await story.shop.work_off()
    kept = await staff.show(order_id=bought.id)

    assert [order.id for order in shown] == [bought.id]
    assert (kept.contact.email, kept.contact.shipping_address) == (None, None)


async def test_an_order_claimed_for_somebody_who_is_gone_is_forgotten(story: Story) -> None:
    """A job that was claiming when they were erased, and wrote after all was forgotten, forgets once more.

    Once it has come to its end: it could not be sent before.
    """
    await story.sell()
    ann = customer(await joins(story))
    await story.as_(ann).privacy.erase()
    await story.shop.work_off()
    late, store = await story.buy(), story.shop._store
    await store.orders.update(late.id, lambda held: claim(held, ann.customer_id))
    again = NewJob(kind="claim_orders", payload={"customer_id": str(ann.customer_id)})
    await store.unit_of_work(lambda: store.jobs.enqueue(again))
    await story.shop.work_off()
    staff = story.staff.orders
    waited_for = (await staff.show(order_id=late.id)).contact.email
    await staff.ship(order_id=late.id)
    await staff.deliver(order_id=late.id)
    await story.passes(2 * 86_400)

    assert waited_for == "ann@example.com"
    assert (await staff.show(order_id=late.id)).contact.email is None


async def test_nobody_keeps_somebody_from_being_forgotten(story: Story) -> None:
    """By an order with their address that nobody pays; it is forgotten when it has ended. One of their own is named."""
    await story.sell()
    ann = customer(await joins(story))
    strange = await story.buy("declined")
    own = await buys(story, ann)
    with pytest.raises(OrdersUnderWay, match=own.first.order.number):
        await story.as_(ann).privacy.erase()
    await story.as_(ann).orders.cancel(order_id=own.id)
    await story.as_(ann).privacy.erase()
    await story.shop.work_off()
    before = (await story.staff.orders.show(order_id=strange.id)).contact.email
    for _ in range(3):
        await story.passes(86_400)
    kept = await story.staff.orders.show(order_id=strange.id)

    assert before == "ann@example.com"
    assert (kept.status, kept.contact.email) == (OrderStatus.CANCELLED, None)


async def test_who_comes_back_is_somebody_else(story: Story) -> None:
    """The address is free; what the one before ordered stays theirs, which is nobody's."""
    await story.sell()
    ann = customer(await joins(story))
    bought = await buys(story, ann)
    await story.as_(ann).orders.cancel(order_id=bought.id)
    await story.as_(ann).privacy.erase()
    await story.passes(61)
    back = customer(await joins(story))
    await story.shop.work_off()

    assert back.customer_id != ann.customer_id
    assert (await story.as_(back).orders.list()).items == []
    assert (await story.as_(back).privacy.export()).orders == []
    assert refusal(await story.reply(back))[0] == "cart_empty"


async def test_forgetting_is_one_s_own_or_the_shop_s(story: Story) -> None:
    forget = story.shop._cases.account_upkeep.forget_buyer
    with pytest.raises(Unauthenticated):
        await story.as_(Guest()).privacy.erase()
    with pytest.raises(Unauthenticated):
        await story.as_(Guest()).privacy.export()
    with pytest.raises(Forbidden):
        await story.staff.privacy.erase()
    with pytest.raises(Forbidden):
        await forget(Staff(name="reader"), customer_id=CustomerId("nobody"))
    await forget(System(kind="job"), customer_id=CustomerId("nobody"))

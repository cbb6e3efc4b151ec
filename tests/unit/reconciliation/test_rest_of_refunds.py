"""A refund that failed is over when as much went back otherwise, and not before."""

import pytest
from tests.stories import PRICE
from tests.unit.reconciliation.conftest import AtStripe

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund
from shopcore.testing.stripe_double import money

pytestmark = pytest.mark.anyio


async def listed(at_stripe: AtStripe) -> list[OrderId]:
    """Where money should have gone back and did not."""
    return [order.id for order in (await at_stripe.story.staff.orders.list(refund_failed=True)).items]


async def test_a_cent_that_went_back_is_not_the_rest(refused: tuple[AtStripe, OrderId]) -> None:
    """It stays listed; what is asked for once more is what is missing, and then it is over."""
    at_stripe, order_id = refused
    staff = at_stripe.story.staff.orders
    (failed,) = (await staff.show(order_id=order_id)).refunds
    await staff.refund(order_id=order_id, reason="a cent", amount=Money(1, "USD"))
    await at_stripe.story.settles()
    after_a_cent = await listed(at_stripe)
    again = (await staff.retry_refund(order_id=order_id, refund_id=failed.id)).refunds[-1]
    after_asking = await listed(at_stripe)
    with pytest.raises(NothingToRefund):
        await staff.retry_refund(order_id=order_id, refund_id=failed.id)
    await at_stripe.story.settles()
    order = await staff.show(order_id=order_id)

    assert (after_a_cent, after_asking) == ([order_id], [])
    assert again.amount == failed.amount - Money(1, "USD")
    assert (order.payment_status, order.refunds[-1].status) == ("refunded", "done")


async def test_as_much_in_parts_is_an_answer(refused: tuple[AtStripe, OrderId]) -> None:
    at_stripe, order_id = refused
    staff = at_stripe.story.staff.orders
    (failed,) = (await staff.show(order_id=order_id)).refunds
    seen = []
    for amount in (Money(500, "USD"), failed.amount - Money(500, "USD")):
        await staff.refund(order_id=order_id, reason="in parts", amount=amount)
        seen.append(await listed(at_stripe))

    assert seen == [[order_id], []]


async def test_where_nothing_is_left_nothing_is_missing(at_stripe: AtStripe) -> None:
    """Part of it had gone back before it was asked for; the rest goes after it."""
    bought, staff = await at_stripe.buys(), at_stripe.story.staff.orders
    at_stripe.account.refuses_refunds = "refund_disputed_payment"
    await staff.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.settles()
    at_stripe.account.refuses_refunds = None
    await staff.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.settles()

    assert await listed(at_stripe) == []
    with pytest.raises(NothingToRefund):
        await staff.refund(order_id=bought.id, reason="damaged", amount=Money(1, "USD"))


async def test_an_order_that_has_ended_keeps_nothing_where_a_part_had_gone_back_at_stripe(at_stripe: AtStripe) -> None:
    """All of it was asked for and refused, since that is more than is there; once the part is known the rest goes."""
    bought = await at_stripe.buys()
    reference = (await bought.payment()).reference
    money.refund(at_stripe.account, {"payment_intent": reference, "amount": "250"})
    await bought.cancel()
    await at_stripe.story.settles()
    (refused,) = (await bought.order()).refunds
    missed = await listed(at_stripe)
    await at_stripe.compare()
    await at_stripe.story.settles()
    order = await bought.order()

    assert (refused.status, missed) == ("failed", [bought.id])
    assert [(one.amount.amount, one.status) for one in order.refunds[1:]] == [(250, "done"), (1_750, "done")]
    assert (order.payment_status, await listed(at_stripe)) == ("refunded", [])
    assert sum(charge["amount_refunded"] for charge in at_stripe.account.charges.values()) == PRICE.amount
    assert (await at_stripe.compare()).differences == ()


async def test_what_goes_on_is_not_given_back_because_a_part_went(at_stripe: AtStripe) -> None:
    """The goods are on their way: how much is to go back is for staff."""
    bought, staff = await at_stripe.buys(), at_stripe.story.staff.orders
    reference = (await bought.payment()).reference
    money.refund(at_stripe.account, {"payment_intent": reference, "amount": "250"})
    await staff.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.settles()
    await at_stripe.compare()
    await at_stripe.story.settles()
    order = await bought.order()

    assert [(one.amount.amount, one.status) for one in order.refunds] == [(2_000, "failed"), (250, "done")]
    assert await listed(at_stripe) == [bought.id]

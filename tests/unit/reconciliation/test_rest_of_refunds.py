"""A refund that failed is over when as much went back otherwise, and not before."""

import pytest
from tests.unit.reconciliation.conftest import AtStripe

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund

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

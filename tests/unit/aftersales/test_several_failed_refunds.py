"""Several refunds of one order that a bank refuses, as of a closed card: each is missing until it went back itself."""

import pytest
from tests.banks import Grudging
from tests.stories import Bought, Story
from tests.unit.aftersales.refunding import refund

from shopcore.ordering.errors import NothingToRefund
from shopcore.ordering.model import Order, Refund, failed_refunds
from shopcore.payments.model import Account

pytestmark = pytest.mark.anyio


async def again(story: Story, bought: Bought, failed: Refund) -> Order:
    """Staff ask for it once more, and it is done or refused."""
    await story.staff.orders.retry_refund(order_id=bought.id, refund_id=failed.id)
    await story.settles()
    return await bought.order()


async def two_refused(story: Story) -> tuple[Bought, Refund, Refund]:
    """Of 5.00 each, of 20.00 that were paid."""
    await story.sell()
    bought = await story.buy()
    story.with_gateway(Grudging(story.place.bank.gateway))
    for _ in range(2):
        await refund(story, bought, 500)
        await story.settles()
    first, second = failed_refunds(await bought.order())
    return bought, first, second


async def test_one_that_goes_back_leaves_the_other_listed(story: Story) -> None:
    """Which is asked for as well, and then nothing is missing."""
    bought, first, second = await two_refused(story)
    story.with_gateway(story.place.bank.gateway)
    after_one = await again(story, bought, first)
    listed = (await story.staff.orders.list(refund_failed=True)).items
    after_both = await again(story, bought, second)

    assert [one.id for one in failed_refunds(after_one)] == [second.id]
    assert [order.id for order in listed] == [bought.id]
    assert [(one.instead_of, one.amount.amount, one.status) for one in after_both.refunds[2:]] == [
        (first.id, 500, "done"),
        (second.id, 500, "done"),
    ]
    assert failed_refunds(after_both) == ()
    assert await story.balance(Account.CLEARING) == 1_000


async def test_one_that_is_refused_once_more_is_missing_once(story: Story) -> None:
    """The last of its line is listed, and what was asked for before is over."""
    bought, first, second = await two_refused(story)
    (*_, last) = (await again(story, bought, first)).refunds
    with pytest.raises(NothingToRefund):
        await again(story, bought, first)
    listed = failed_refunds(await bought.order())
    story.with_gateway(story.place.bank.gateway)
    await again(story, bought, last)
    order = await again(story, bought, second)

    assert [one.id for one in listed] == [second.id, last.id]
    assert failed_refunds(order) == ()
    assert await story.balance(Account.CLEARING) == 1_000

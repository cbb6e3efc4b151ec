"""The tax in what goes back: the books have it as tax, and the tax report says how much."""

from functools import partial

import pytest
from tests.stories import Bought, Story
from tests.unit.aftersales.test_disputes import later_news

from shopcore.kernel.money import Money
from shopcore.payments.model import Account, Dispute, DisputeState
from shopcore.pricing.model import TaxRate

pytestmark = pytest.mark.anyio

ALL, TAX = 2_000, 319


async def sold(story: Story, method: str | None = None) -> Bought:
    """Something of 20.00, of which 19 % of the net price are tax."""
    await story.sell()
    vat = TaxRate(id="vat", name="VAT", country="US", millionths=190_000, included=True)
    await story.staff.pricing.put_tax_rate(rate=vat)
    return await story.buy(method)


async def reported(story: Story) -> tuple[int, int, int, int]:
    """What was sold in all, the tax on it, what went back, and the tax in that; nobody owes anything."""
    await story.passes(1)  # a report is of what was posted before
    (said,) = (await story.staff.books.tax()).items
    assert await story.balance(Account.RECEIVABLE) == 0
    return said.total.amount, said.tax.amount, said.refunded.amount, said.refunded_tax.amount


async def test_refunds_have_the_tax_of_what_they_give_back(story: Story) -> None:
    """In parts, to the last cent; what comes back to the shop is sold again, tax and all."""
    bought = await sold(story)
    await story.settles()
    assert await reported(story) == (ALL, TAX, 0, 0)
    await story.staff.orders.refund(order_id=bought.id, amount=Money(333, "USD"), reason="damaged")
    await story.settles()
    assert await reported(story) == (ALL, TAX, 333, 53)
    await story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await story.settles()
    assert await reported(story) == (ALL, TAX, ALL, TAX)

    first, payment = (await bought.order()).refunds[0], await bought.payment()
    later, now = later_news(story), story.clock.now()
    await story.place.store.unit_of_work(partial(later.refund, payment.id, first.id, now, is_back=True))
    assert await reported(story) == (ALL, TAX, ALL - 333, TAX * (ALL - 333) // ALL)


async def test_what_is_waived_has_its_tax(story: Story) -> None:
    """Of money that was held, a part was taken."""
    bought = await sold(story, "authorized")
    await story.staff.payments.capture(order_id=bought.id, amount=Money(1_200, "USD"))

    assert await reported(story) == (ALL, TAX, 800, TAX * 800 // ALL)
    await story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await story.settles()
    assert await reported(story) == (ALL, TAX, ALL, TAX)


async def test_what_is_lost_in_a_dispute_has_its_tax(story: Story) -> None:
    """Once it is decided."""
    bought = await sold(story)
    payment, later = await bought.payment(), later_news(story)
    for state, back in ((DisputeState.OPEN, 0), (DisputeState.LOST, 500)):
        dispute = Dispute(id="dispute", state=state, amount=Money(500, "USD"))
        await story.place.store.unit_of_work(
            partial(later.dispute, payment.id, dispute, None, story.clock.now(), "system:webhook")
        )
        assert await reported(story) == (ALL, TAX, back, TAX * back // ALL)

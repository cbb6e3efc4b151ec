"""What a bank takes back because its customer complained."""

from functools import partial

import pytest
from tests.banks import takes_after_all
from tests.stories import PRICE, Story

from shopcore.aftersales.steps.later_news import TakeLaterNews
from shopcore.container.jobs import BINDINGS
from shopcore.jobs.use_cases.publish_events import PublishEvents
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund, NotPaid
from shopcore.payments.model import Account, Dispute, DisputeState

pytestmark = pytest.mark.anyio


async def test_what_a_bank_has_taken_back_is_not_given_back_again(story: Story) -> None:
    """While a dispute is open, and once it is lost; what was won can be given back."""
    await story.sell()
    bought = await story.buy("ok", quantity=2)
    payment, later = await bought.payment(), later_news(story)

    async def hear(state: DisputeState, amount: int) -> None:
        dispute = Dispute(id=f"dispute-{amount}", state=state, amount=Money(amount, "USD"))
        await story.place.store.unit_of_work(
            lambda: later.dispute(payment.id, dispute, None, story.clock.now(), "system:webhook")
        )

    await hear(DisputeState.OPEN, 1_500)
    await hear(DisputeState.OPEN, 500)
    with pytest.raises(NothingToRefund):
        await story.staff.orders.refund(order_id=bought.id, amount=Money(2_001, "USD"), reason="damaged")
    await hear(DisputeState.LOST, 500)
    await hear(DisputeState.WON, 1_500)
    with pytest.raises(NothingToRefund):
        await story.staff.orders.refund(order_id=bought.id, amount=Money(3_501, "USD"), reason="damaged")
    await story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await story.settles()

    (refund,) = (await bought.order()).refunds
    assert refund.amount == Money(2 * PRICE.amount - 500, "USD")
    assert await story.balance(Account.CLEARING) == await story.balance(Account.DISPUTE) == 0
    with pytest.raises(NothingToRefund):
        await story.staff.orders.refund(order_id=bought.id, reason="damaged")


@pytest.mark.parametrize(("decided", "is_shipped"), [(None, False), ("lost", False), ("won", True)])
async def test_what_is_disputed_is_not_shipped(story: Story, decided: str | None, is_shipped: bool) -> None:
    """Nor what was lost; what was won is sold as anything else."""
    await story.sell()
    bought = await story.buy()
    payment, later = await bought.payment(), later_news(story)
    for state in (DisputeState.OPEN, DisputeState(decided or "open")):
        dispute = Dispute(id="dispute", state=state, amount=PRICE)
        await story.place.store.unit_of_work(
            partial(later.dispute, payment.id, dispute, None, story.clock.now(), "system:webhook")
        )
    refused = None
    try:
        await story.staff.orders.ship(order_id=bought.id)
    except NotPaid as error:
        refused = error

    assert (refused is None) is is_shipped
    assert ((await bought.order()).status == "shipped") is is_shipped


@pytest.mark.parametrize("state", [DisputeState.OPEN, DisputeState.LOST])
async def test_a_dispute_of_a_further_charge_does_not_keep_the_order_from_being_shipped(
    story: Story, state: DisputeState
) -> None:
    """The buyer does not know the charge, and complains at the bank beside its refund."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("ok")
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()
    payment, later = await bought.payment(), later_news(story)
    for told in dict.fromkeys((DisputeState.OPEN, state)):
        dispute = Dispute(id="dispute", state=told, amount=PRICE)
        await story.place.store.unit_of_work(
            partial(later.dispute, payment.id, dispute, 1, story.clock.now(), "system:webhook")
        )
    shipped = await story.staff.orders.ship(order_id=bought.id)

    assert [(one.state, one.attempt) for one in (await bought.payment()).disputes] == [(state, 1)]
    assert (shipped.status, shipped.payment_status) == ("shipped", "paid")


@pytest.mark.parametrize("state", [DisputeState.OPEN, DisputeState.LOST])
async def test_a_dispute_in_another_currency_is_taken_in(story: Story, state: DisputeState) -> None:
    """Into the books. Nobody knows how much of the order's money is left: nothing is given back, nor shipped."""
    await story.sell()
    bought = await story.buy()
    payment, later = await bought.payment(), later_news(story)
    dispute = Dispute(id="dispute", state=state, amount=Money(900, "EUR"))
    await story.place.store.unit_of_work(
        partial(later.dispute, payment.id, dispute, None, story.clock.now(), "system:webhook")
    )

    assert [(one.state, one.amount) for one in (await bought.payment()).disputes] == [(state, dispute.amount)]
    assert (await bought.order()).payment_status == "paid"
    assert (await story.place.store.ledger.balance(Account.CLEARING))["EUR"] == Money(-900, "EUR")
    assert (await story.staff.books.check_orders()).out_of_step == ()
    with pytest.raises(NothingToRefund):
        await story.staff.orders.refund(order_id=bought.id, amount=Money(1, "USD"), reason="damaged")
    with pytest.raises(NotPaid):
        await story.staff.orders.ship(order_id=bought.id)


async def test_what_went_back_is_not_shipped(story: Story) -> None:
    """All of it; after a part the rest is sold."""
    await story.sell()
    bought = await story.buy()
    await story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await story.settles()

    with pytest.raises(NotPaid):
        await story.staff.orders.ship(order_id=bought.id)
    again = await story.buy()
    await story.staff.orders.refund(order_id=again.id, amount=Money(500, "USD"), reason="damaged")
    await story.settles()
    assert (await story.staff.orders.ship(order_id=again.id)).status == "shipped"


def later_news(story: Story) -> TakeLaterNews:
    """What takes in what banks say."""
    store = story.place.store
    events = PublishEvents(jobs=store.jobs, bindings=BINDINGS, also=lambda _: ())
    return TakeLaterNews(
        payments=store.payments, orders=store.orders, ledger=store.ledger, events=events, jobs=store.jobs
    )

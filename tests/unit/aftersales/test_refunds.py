"""Money is given back: a part or the rest, once, by who may."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.banks import Bank, DeadLine, Grudging
from tests.stories import PRICE, Story
from tests.unit.aftersales.refunding import carried_out, refund

from shopcore.kernel.actor import EVERYTHING, STEP_UP, Actor, Customer, Guest, SignIn, Staff, StepUpRequired, System
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.kernel.events import Event
from shopcore.kernel.ids import CustomerId, OrderId, RefundId, SessionId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund, OrderNotFound
from shopcore.ordering.events import OrderRefunded
from shopcore.ordering.model import Order
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import Account, Payment
from shopcore.payments.ports import RefundReport

pytestmark = pytest.mark.anyio


async def test_a_part_and_then_the_rest(story: Story) -> None:
    """Each step in the order, in the ledger and at the bank."""
    await story.sell()
    bought = await story.buy()
    asked = await refund(story, bought, 500)
    assert asked.payment_status == "paid", "nothing has gone back yet"
    await story.settles()
    assert (await bought.order()).payment_status == "partially_refunded"
    assert await story.balance(Account.CLEARING) == 1_500

    await refund(story, bought)
    await story.settles()
    order = await bought.order()
    assert (order.status, order.payment_status) == ("processing", "refunded")
    assert [(one.amount.amount, one.status) for one in order.refunds] == [(500, "done"), (1_500, "done")]
    assert await bought.events() == ["placed", "paid", *["refund_requested", "refunded"] * 2]
    assert await story.balance(Account.CLEARING) == 0
    assert await story.balance(Account.REFUND) == PRICE.amount
    assert await story.captured() == []


@pytest.mark.parametrize("cents", [2_001, 10**9])
async def test_more_than_was_paid_is_refused(story: Story, cents: int) -> None:
    """Also in two goes."""
    await story.sell()
    bought = await story.buy()
    with pytest.raises(NothingToRefund):
        await refund(story, bought, cents)
    await refund(story, bought, 1)
    with pytest.raises(NothingToRefund, match=r": 19\.99 USD is left$"):
        await refund(story, bought, PRICE.amount)
    await refund(story, bought)
    with pytest.raises(NothingToRefund, match=r": nothing is left$"):
        await refund(story, bought)


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"cents": 0}, "amount"),
        ({"cents": -1}, "amount"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"restock": True}, "restock"),
        ({"lines": ()}, "lines"),
    ],
    ids=repr,
)
async def test_a_refund_that_makes_no_sense_names_the_field(story: Story, terms: dict[str, Any], named: str) -> None:
    """And is not written down."""
    await story.sell()
    bought = await story.buy()
    with pytest.raises(InvalidInput) as refused:
        await refund(story, bought, **terms)
    assert [error.field for error in refused.value.errors] == [named]
    assert not (await bought.order()).refunds


async def test_a_refund_is_in_the_currency_that_was_paid(story: Story) -> None:
    """Nothing is converted."""
    await story.sell()
    bought = await story.buy()
    with pytest.raises(InvalidInput, match="amount/currency: must be USD"):
        await story.staff.orders.refund(order_id=bought.id, reason="damaged", amount=Money(1, "EUR"))


@pytest.mark.parametrize("method", ["declined", "requires_action", "lost_answer"])
async def test_what_was_not_paid_is_not_refunded(story: Story, method: str) -> None:
    """Or is not known to be."""
    await story.sell()
    bought = await story.buy(method)
    with pytest.raises(NothingToRefund):
        await refund(story, bought)


async def test_a_refund_that_the_bank_refuses_is_said_and_can_be_tried_again(story: Story) -> None:
    """Its status and the timeline tell; the money counts as kept, so that another refund may be asked for."""
    await story.sell()
    bought = await story.buy()
    story.with_gateway(Grudging(story.place.bank.gateway))
    await refund(story, bought)
    await story.settles()
    order = await bought.order()
    assert ([one.status for one in order.refunds], order.payment_status) == (["failed"], "paid")
    assert (await bought.events())[-2:] == ["refund_requested", "refund_failed"]
    assert await story.balance(Account.CLEARING) == PRICE.amount

    story.with_gateway(story.place.bank.gateway)
    await refund(story, bought)
    await story.settles()
    assert (await bought.order()).payment_status == "refunded"
    assert await story.balance(Account.CLEARING) == 0


async def test_a_refund_waits_for_a_bank_that_does_not_answer(story: Story) -> None:
    """The job is tried again, under the same key, until it does."""
    await story.sell()
    bought = await story.buy()
    bank = DeadLine(story.place.bank.gateway)
    story.with_gateway(bank)
    await refund(story, bought)
    await story.settles()
    assert [one.status for one in (await bought.order()).refunds] == ["requested"]

    bank.down = False
    for _ in range(10):
        await story.settles()
    assert [one.status for one in (await bought.order()).refunds] == ["done"]
    assert await story.balance(Account.CLEARING) == 0
    assert not await story.jobs("dead")


async def test_a_refund_that_is_settled_is_not_asked_for_again(story: Story) -> None:
    """Whoever runs its job once more finds it done; one that was never asked for is nobody's."""
    await story.sell()
    bank = Bank(story.place.bank.gateway)
    story.with_gateway(bank)
    bought = await story.buy()
    asked = await refund(story, bought)
    first = await carried_out(story, bought, asked.refunds[0].id)
    assert await carried_out(story, bought, asked.refunds[0].id) == first
    assert bank.asked.count("refund 1") == 1
    with pytest.raises(PaymentNotFound):
        await carried_out(story, bought, RefundId("none"))


@dataclass
class OvertakenBank(Bank):
    """While it answers, somebody else carries the same refund out."""

    meanwhile: Callable[[RefundId], Awaitable[Order]] | None = None

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        """The other one's answer comes first."""
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile(refund_id)
        return await super().refund(payment, refund_id, amount)


@dataclass
class Heard:
    """Notes what is published."""

    events: list[Event] = field(default_factory=list)

    async def publish(self, *events: Event) -> None:
        """See the port."""
        self.events.extend(events)


async def test_a_refund_that_two_carry_out_at_once_is_told_of_once(story: Story) -> None:
    """Its lease had lapsed, and the first one was slow: what is counted by events counts the money once."""
    await story.sell()
    bank = OvertakenBank(story.place.bank.gateway)
    story.with_gateway(bank)
    bought = await story.buy()
    asked = await refund(story, bought)
    heard, usual = Heard(), story.shop._cases.upkeep.carry_out_refund
    carry_out = replace(usual, events=heard)

    async def as_its_job(refund_id: RefundId) -> Order:
        return await carry_out(System(kind="carry_out_refund"), order_id=bought.id, refund_id=refund_id)

    bank.meanwhile = as_its_job
    order = await as_its_job(asked.refunds[0].id)

    assert heard.events == [OrderRefunded(at=story.clock.now(), order_id=bought.id, refund_id=asked.refunds[0].id)]
    assert [entry.event for entry in order.timeline].count("refunded") == 1
    assert await story.balance(Account.CLEARING) == 0


@pytest.mark.parametrize(
    ("actor", "error"),
    [
        (Guest(), Unauthenticated),
        (Customer(customer_id=CustomerId("c")), Forbidden),
        (Staff(name="packer", permissions=frozenset({"orders:write"})), Forbidden),
    ],
    ids=repr,
)
async def test_money_is_given_back_by_who_may(story: Story, actor: Actor, error: type[Exception]) -> None:
    """Its own buyer may not, nor who packs it; and who may is told of an order that is not there."""
    await story.sell()
    bought = await story.buy()
    with pytest.raises(error):
        await story.as_(actor).orders.refund(order_id=bought.id, reason="please")
    with pytest.raises(error):
        await story.shop._cases.upkeep.carry_out_refund(actor, order_id=bought.id, refund_id="any")  # type: ignore[arg-type]
    with pytest.raises(OrderNotFound):
        await story.staff.orders.refund(order_id=OrderId("none"), reason="please")


async def test_money_is_given_back_by_who_has_just_signed_in(story: Story) -> None:
    """A device of a member of staff that was left open refunds nothing, and cancels nothing that was paid."""
    await story.sell()
    bought = await story.buy()

    def staff(ago: timedelta) -> Staff:
        came = SignIn(session_id=SessionId("s"), at=story.clock.now() - ago, methods=("pwd",))
        return Staff(name="ada", permissions=frozenset({EVERYTHING}), sign_in=came)

    late, fresh = staff(STEP_UP + timedelta(seconds=1)), staff(STEP_UP)
    with pytest.raises(StepUpRequired):
        await story.as_(late).orders.refund(order_id=bought.id, reason="damaged")
    with pytest.raises(StepUpRequired):
        await story.as_(late).orders.cancel(order_id=bought.id)
    refunded = await story.as_(fresh).orders.refund(order_id=bought.id, reason="damaged")

    assert [one.amount for one in refunded.refunds] == [PRICE]

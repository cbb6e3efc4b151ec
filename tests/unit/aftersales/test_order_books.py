"""What orders say of their money, against the ledger that they have it from."""

import asyncio
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.banks import takes_after_all
from tests.stories import Bought, Story, opened
from tests.unit.aftersales.test_disputes import later_news

from shopcore.aftersales.model.books import by_the_books, out_of_step
from shopcore.aftersales.model.entries import given_back
from shopcore.kernel.errors import Forbidden, ShopError
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund
from shopcore.ordering.model import Order, PaymentStatus, RefundStatus
from shopcore.payments.model import Dispute, DisputeState
from shopcore.shop import owner

ACTS = (
    "part",
    "rest",
    "back",
    "capture",
    "again",
    "late",
    *(f"{dispute}-{state}" for dispute in "abs" for state in ("open", "won", "lost")),
)


async def happens(story: Story, bought: Bought, act: str) -> None:
    """Something becomes of the money; what is refused leaves no trace."""
    now, later, payment = story.clock.now(), later_news(story), await bought.payment()
    if act in {"part", "rest"}:
        amount = Money(700, "USD") if act == "part" else None
        await story.staff.orders.refund(order_id=bought.id, amount=amount, reason="damaged")
        await story.passes(30)
        return
    if act == "capture":
        await story.staff.payments.capture(order_id=bought.id)
        return
    if act == "back":
        done = [one for one in (await bought.order()).refunds if one.status is RefundStatus.DONE]
        for one in done[:1]:
            work = partial(later.refund, payment.id, one.id, now, is_back=True)
            await story.place.store.unit_of_work(work)
        return
    if act in {"again", "late"}:
        await comes_another_way(story, bought, act)
        return
    name, state = act.split("-")
    charge = payment.charges[1:2] if name == "s" else ()  # a dispute of the second charge, else of what pays the order
    if name == "s" and not charge:
        return
    dispute = Dispute(id=name, state=DisputeState(state), amount=Money(900, "USD"))
    attempt = charge[0].number if charge else None
    await story.place.store.unit_of_work(partial(later.dispute, payment.id, dispute, attempt, now, "system:webhook"))


async def comes_another_way(story: Story, bought: Bought, act: str) -> None:
    """The buyer tries again, or the first attempt takes the money after all: late, or a second time."""
    payment = await bought.payment()
    if act == "again":
        await bought.pay_again("ok", key=f"again-{payment.attempt}")
    elif 1 not in {charge.number for charge in payment.charges}:
        await takes_after_all(story.place.bank.gateway, payment, 1)
    await story.passes(30)


async def lives(method: str, acts: list[str]) -> list[PaymentStatus]:
    """What its order says after each act, every time as its entries in the ledger come to."""
    said: list[PaymentStatus] = []
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as story:
            await story.sell()
            bought = await story.buy(method)
            for act in ("", *acts):
                with suppress(ShopError):
                    await (happens(story, bought, act) if act else story.passes(30))
                order = await bought.order()
                entries = await story.place.store.ledger.entries_of(order.id)
                assert by_the_books(order, entries) == order
                assert out_of_step(order, entries) is None
                said.append(order.payment_status)
    return said


@given(st.sampled_from(["ok", "ok", "authorized", "declined", "declined"]), st.lists(st.sampled_from(ACTS), max_size=6))
@settings(max_examples=12, deadline=None)
@example("ok", ["a-open", "a-lost", "part", "back", "rest", "b-open", "b-won"])
@example("authorized", ["a-lost", "capture", "part", "b-won"])
@example("declined", ["again", "late", "s-open", "s-lost", "part", "back"])
@example("declined", ["late", "part", "back", "again"])
def test_an_order_says_at_any_time_what_the_ledger_has(method: str, acts: list[str]) -> None:
    """Whatever becomes of the money, in whichever order."""
    asyncio.run(lives(method, acts))


def test_what_a_bank_took_for_good_is_gone_as_what_was_given_back() -> None:
    said = asyncio.run(lives("ok", ["a-open", "a-lost", "rest", "back"]))

    assert said == ["paid", "paid", "partially_refunded", "refunded", "partially_refunded"]


def test_a_second_charge_that_goes_back_or_is_lost_changes_nothing_of_what_was_paid() -> None:
    said = asyncio.run(lives("declined", ["again", "late", "s-open", "s-lost", "part"]))

    assert said == ["failed", "paid", "paid", "paid", "paid", "partially_refunded"]


def test_money_that_comes_late_is_what_was_paid() -> None:
    said = asyncio.run(lives("declined", ["late", "rest", "again"]))

    assert said == ["failed", "paid", "refunded", "refunded"]


def _says(status: PaymentStatus, order: Order) -> Order:
    return replace(order, payment_status=status)


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "planted", "right"), [("ok", "refunded", "paid"), ("declined", "paid", "unpaid")])
async def test_an_order_that_says_something_else_is_found_and_mended(
    story: Story, method: str, planted: str, right: str
) -> None:
    """Among others that are in step; once mended it is in step too, and the log says so."""
    await story.sell()
    await story.buy("ok")
    bought = await story.buy(method)
    await story.settles()
    await story.place.store.unit_of_work(
        lambda: story.place.store.orders.update(bought.id, partial(_says, PaymentStatus(planted)))
    )
    found = await story.staff.books.check_orders()
    await story.staff.books.check_orders(mend=True)
    after = await story.staff.books.check_orders()
    (logged,) = [one for one in (await story.staff.audit.list()).items if one.action == "order.rebook"]

    assert [(one.order_id, one.says, one.booked) for one in found.out_of_step] == [(bought.id, planted, right)]
    assert (after.compared, after.out_of_step) == (2, ())
    assert (await bought.order()).payment_status == right
    assert logged.subject == bought.id


def _was_free(order: Order) -> Order:
    nothing = Money.zero(order.totals.total.currency)
    return replace(order, payment_status=PaymentStatus.PAID, totals=replace(order.totals, total=nothing))


@pytest.mark.anyio
async def test_an_order_that_cost_nothing_and_was_never_posted_stays_paid(story: Story) -> None:
    """As they were made before free orders were in the ledger: there is nothing that anybody could pay."""
    await story.sell()
    bought = await story.buy("declined")
    await story.settles()
    await story.place.store.unit_of_work(lambda: story.place.store.orders.update(bought.id, _was_free))
    found = await story.staff.books.check_orders(mend=True)

    assert (found.compared, found.out_of_step) == (1, ())
    assert (await bought.order()).payment_status == "paid"


async def knows_less_than_the_ledger(story: Story) -> Bought:
    """7.00 of 40.00 went back; by the ledger another 9.00, of which the order knows nothing."""
    await story.sell()
    bought = await story.buy("ok", quantity=2)
    await story.settles()
    order = await story.staff.orders.refund(order_id=bought.id, amount=Money(700, "USD"), reason="damaged")
    await story.settles()
    other = replace(order.refunds[0], id=RefundId("another"), amount=Money(900, "USD"))
    posted = given_back(await bought.payment(), other, story.clock.now())
    await story.place.store.unit_of_work(partial(story.place.store.ledger.post, posted))
    return bought


@pytest.mark.anyio
async def test_what_went_back_by_the_ledger_alone_does_not_go_back_again(story: Story) -> None:
    bought = await knows_less_than_the_ledger(story)
    with pytest.raises(NothingToRefund):
        await story.staff.orders.refund(order_id=bought.id, amount=Money(2_401, "USD"), reason="damaged")
    await bought.cancel()
    await story.settles()

    assert [one.amount.amount for one in (await bought.order()).refunds] == [700, 2_400]


@pytest.mark.anyio
async def test_an_amount_that_went_back_by_one_of_the_two_only_is_found(story: Story) -> None:
    """Though both say the same status; a person has to look, and nothing is mended."""
    bought = await knows_less_than_the_ledger(story)
    (found,) = (await story.staff.books.check_orders(mend=True)).out_of_step

    assert (found.order_id, found.says, found.booked) == (bought.id, "partially_refunded", "partially_refunded")
    assert (found.gave_back, found.booked_back) == (Money(700, "USD"), Money(1_600, "USD"))
    assert found.is_for_a_person
    assert not [one for one in (await story.staff.audit.list()).items if one.action == "order.rebook"]


@pytest.mark.anyio
async def test_only_who_looks_after_money_compares(story: Story) -> None:
    with pytest.raises(Forbidden):
        await story.as_(replace(owner(), permissions=frozenset())).books.check_orders()

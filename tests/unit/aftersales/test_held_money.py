"""Money that is held before it is taken: the order goes on, and the money is taken or let go in time."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from tests.banks import Bank, DeadLine, Fussy
from tests.stories import PRICE, STOCK, Story, assert_nothing_sold, assert_one_purchase, opened

from shopcore.kernel.actor import Staff
from shopcore.kernel.errors import Forbidden, InvalidInput
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund, NotPaid
from shopcore.payments.errors import CaptureNotPossible, CaptureRefused, GatewayUnavailable, NothingHeld
from shopcore.payments.model import Account, Payment, Report

pytestmark = pytest.mark.anyio

PART = Money(1_200, "USD")
FIVE_DAYS = 5 * 24 * 3600.0


async def test_an_order_goes_on_while_its_money_is_held(story: Story) -> None:
    """Its goods are set aside and its customer hears of it; the ledger knows of no money, and nothing is shipped."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.settles()

    assert await bought.stands() == ("processing", "authorized", "authorized")
    assert await story.level() == (STOCK - 1, 0)
    assert len(await story.mails("order-confirmation")) == 1
    assert await story.captured() == []
    assert await story.balance(Account.CLEARING) == 0
    with pytest.raises(NotPaid):
        await story.staff.orders.ship(order_id=bought.id)


async def test_it_is_taken_when_staff_say_so_and_then_the_goods_leave(story: Story) -> None:
    """Once, however often they say it; the audit log knows who."""
    await story.sell()
    bought = await story.buy("authorized")
    for _ in range(2):
        await story.staff.payments.capture(order_id=bought.id)
    await story.settles()

    await assert_one_purchase(story, bought)
    assert (await bought.events()).count("paid") == 1
    assert (await story.staff.orders.ship(order_id=bought.id)).status == "shipped"
    acts = [entry.action for entry in (await story.staff.audit.list()).items]
    assert acts.count("payment.capture") == 1


async def test_it_is_taken_before_it_lapses(story: Story) -> None:
    """By itself, after four days."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.passes(FIVE_DAYS)
    await story.settles()

    await assert_one_purchase(story, bought)


async def test_it_is_let_go_with_its_order(story: Story) -> None:
    """Nothing was taken, so nothing is refunded, and later nothing is taken either."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.settles()
    await bought.cancel()
    await story.passes(FIVE_DAYS)
    await story.settles()

    assert await bought.stands() == ("cancelled", "unpaid", "voided")
    assert (await bought.order()).refunds == ()
    await assert_nothing_sold(story)
    with pytest.raises(NothingHeld):
        await story.staff.payments.capture(order_id=bought.id)


@dataclass
class Overheard(Bank):
    """Its webhook is worked on before its answer is there."""

    story: Story = field(kw_only=True)

    async def cancel(self, payment: Payment) -> Report:
        report = await self.inner.cancel(payment)
        settle = self.story.shop._cases.payments.process_webhook.settle
        work = partial(settle, report, self.story.clock.now(), "system:process_webhook")
        await self.story.place.store.unit_of_work(work)
        return report


@pytest.mark.parametrize("who", ["staff", "buyer"])
async def test_what_somebody_lets_go_has_not_lapsed(tmp_path: Path, who: str) -> None:
    """Also where the shop hears of it by webhook first: staff get no mail of what they have done."""
    async with opened(tmp_path, staff_email="staff@example.org") as story:
        await story.sell()
        bought = await story.buy("authorized")
        await story.settles()
        story.with_gateway(Overheard(story.place.bank.gateway, story=story))
        await (story.staff.payments.void(order_id=bought.id) if who == "staff" else bought.cancel())
        await story.settles()

        assert (await bought.payment()).state == "voided"
        assert await story.mails("lapsed-hold") == []


async def test_what_was_to_be_let_go_and_is_taken_after_all_may_lapse_again(story: Story) -> None:
    """The last word counts: the bank did not hear of the first."""
    await story.sell()
    bought = await story.buy("authorized")
    bank = DeadLine(story.place.bank.gateway)
    story.with_gateway(bank)
    with pytest.raises(GatewayUnavailable):
        await story.staff.payments.void(order_id=bought.id)
    first = await bought.payment()
    with pytest.raises(GatewayUnavailable):
        await story.staff.payments.capture(order_id=bought.id)

    assert (first.letting_go, (await bought.payment()).letting_go) == (True, False)


async def test_it_is_refunded_once_it_is_taken(story: Story) -> None:
    await story.sell()
    bought = await story.buy("authorized")
    await story.staff.payments.capture(order_id=bought.id)
    await story.staff.orders.refund(order_id=bought.id, reason="broken", amount=PRICE)
    await story.settles()

    assert (await bought.stands())[1:] == ("refunded", "succeeded")


async def test_only_who_settles_payments_may_take_it(story: Story) -> None:
    await story.sell()
    bought = await story.buy("authorized")

    with pytest.raises(Forbidden):
        await story.as_(Staff(name="ann", permissions=frozenset({"orders:write"}))).payments.capture(order_id=bought.id)


async def test_a_part_is_taken_and_the_rest_let_go(story: Story) -> None:
    """The order is paid, its buyer owes nothing more, and no more goes back than was taken."""
    await story.sell()
    bought = await story.buy("authorized")
    for _ in range(2):
        await story.staff.payments.capture(order_id=bought.id, amount=PART)
    await story.settles()
    payment = await bought.payment()

    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert (payment.amount, payment.captured) == (PRICE, PART)
    assert await story.captured() == [PART.amount] == [await story.balance(Account.CLEARING)]
    assert await story.balance(Account.RECEIVABLE) == 0
    assert await story.balance(Account.REFUND) == PRICE.amount - PART.amount
    with pytest.raises(NothingToRefund):
        await story.staff.orders.refund(order_id=bought.id, reason="broken", amount=PRICE)
    await story.staff.orders.refund(order_id=bought.id, reason="broken")
    await story.settles()
    assert (await bought.order()).refunds[-1].amount == PART
    assert (await bought.order()).payment_status == "refunded"
    assert await story.balance(Account.CLEARING) == 0


@pytest.mark.parametrize(
    ("amount", "refusal", "says"),
    [
        (Money(0, "USD"), InvalidInput, "amount/amount: must be more than zero"),
        (Money(-1, "USD"), InvalidInput, "amount/amount: must be more than zero"),
        (Money(1, "EUR"), InvalidInput, "amount/currency: must be USD"),
        (PRICE + Money(1, "USD"), CaptureNotPossible, f"up to {PRICE}, and in one amount"),
    ],
    ids=str,
)
async def test_what_is_not_held_cannot_be_taken(
    story: Story, amount: Money, refusal: type[Exception], says: str
) -> None:
    """Neither more, nor nothing, nor another currency: the bank is not asked, and the field is named."""
    await story.sell()
    bought = await story.buy("authorized")

    with pytest.raises(refusal, match=re.escape(says)):
        await story.staff.payments.capture(order_id=bought.id, amount=amount)
    assert await bought.stands() == ("processing", "authorized", "authorized")


async def test_what_was_asked_for_is_taken_after_a_crash_and_nothing_else(story: Story) -> None:
    """The bank did not answer: another amount is refused, and in the end the first one is taken, by itself."""
    await story.sell()
    bought = await story.buy("authorized")
    bank = DeadLine(story.place.bank.gateway)
    story.with_gateway(bank)
    with pytest.raises(GatewayUnavailable):
        await story.staff.payments.capture(order_id=bought.id, amount=PART)
    bank.down = False
    with pytest.raises(CaptureNotPossible, match=re.escape(f"{PART} was asked for already")):
        await story.staff.payments.capture(order_id=bought.id, amount=PRICE)
    await story.passes(FIVE_DAYS)
    await story.settles()

    assert await story.captured() == [PART.amount] == [await story.balance(Account.CLEARING)]
    assert await story.balance(Account.RECEIVABLE) == 0


async def test_a_part_that_the_bank_cannot_take_keeps_no_other_from_being_taken(story: Story) -> None:
    """Staff are told at once, and may ask for another amount; meanwhile the money is held as before."""
    await story.sell()
    bought = await story.buy("authorized")
    story.with_gateway(Fussy(story.place.bank.gateway))
    with pytest.raises(CaptureRefused, match="amount_not_supported"):
        await story.staff.payments.capture(order_id=bought.id, amount=PART)
    refused = await bought.stands()
    await story.staff.payments.capture(order_id=bought.id, amount=PRICE)
    await story.settles()

    assert refused == ("processing", "authorized", "authorized")
    await assert_one_purchase(story, bought)
    acts = [entry.action for entry in (await story.staff.audit.list()).items]
    assert acts.count("payment.capture") == 1


async def test_what_was_let_go_is_waited_for_again(story: Story) -> None:
    """By staff or by the bank: the buyer is told, and pays in another way; what is held then is taken in time too."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.settles()
    await story.staff.payments.void(order_id=bought.id)
    await story.settles()
    waiting = await bought.stands()
    await bought.pay_again("authorized")
    await story.settles()
    again = await bought.stands()
    await story.passes(FIVE_DAYS)
    await story.settles()

    assert waiting == ("pending", "unpaid", "voided")
    assert len(await story.mails("payment-failed")) == 1
    assert again == ("processing", "authorized", "authorized")
    await assert_one_purchase(story, bought)


async def test_an_order_whose_money_was_let_go_ends_when_nobody_pays(story: Story) -> None:
    """After three days, and its goods are on the shelf again; also where it was let go before they were set aside."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.staff.payments.void(order_id=bought.id)
    await story.passes(3 * 24 * 3600.0 - 60)
    before = await bought.stands()
    await story.passes(120)
    await story.settles()

    assert before == ("pending", "unpaid", "voided")
    assert (await bought.stands())[::2] == ("cancelled", "voided")
    await assert_nothing_sold(story)

"""Each way to pay, from the cart to the mail: one charge, one order, one entry in each book."""

import asyncio
from pathlib import Path

import pytest
from tests.stories import Story, assert_one_purchase, opened, refusal

from shopcore.adapters.bogus.methods import Delays
from shopcore.checkout.model import CheckedOut, Reply
from shopcore.idempotency.errors import RequestInProgress

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("method", "at_first"),
    [
        ("ok", "succeeded"),
        (None, "succeeded"),
        ("slow", "succeeded"),
        ("lost_answer", "processing"),
        ("late_webhook", "processing"),
        ("double_webhook", "processing"),
        ("reordered_webhooks", "processing"),
    ],
)
async def test_whatever_the_bank_does_the_customer_pays_once(story: Story, method: str | None, at_first: str) -> None:
    """The answer says what is known; soon after everything is known, and all books say the same."""
    await story.sell()
    bought = await story.buy(method, quantity=2)

    assert bought.first.payment is not None
    assert bought.first.payment.state == at_first
    await story.settles()
    await assert_one_purchase(story, bought)
    assert (await bought.events()).count("paid") == 1


async def test_a_declined_card_keeps_the_order_for_another_try(story: Story) -> None:
    """Its stock too; a good card then pays it."""
    await story.sell()
    bought = await story.buy("declined")
    assert await bought.stands() == ("pending", "failed", "failed")
    assert await story.level() == (5, 1)

    again = await bought.pay_again("ok")
    assert isinstance(again.outcome, CheckedOut)
    assert again.outcome.payment is not None
    assert again.outcome.payment.state == "succeeded"
    await story.settles()
    await assert_one_purchase(story, bought)
    assert await bought.events() == ["placed", "payment_failed", "payment_retried", "paid"]


async def test_a_customer_who_has_to_act_and_says_yes(story: Story) -> None:
    """The order waits for them; their approval pays it."""
    await story.sell()
    bought = await story.buy("requires_action")
    payment = await bought.payment()
    assert await bought.stands() == ("pending", "unpaid", "requires_action")
    assert payment.next_action is not None

    await bought.decide(approve=True)
    await story.settles()
    await assert_one_purchase(story, bought)
    assert (await bought.payment()).next_action is None


async def test_a_customer_who_has_to_act_and_says_no(story: Story) -> None:
    """Nothing is taken; the order waits for another try, which may be another way."""
    await story.sell()
    bought = await story.buy("requires_action")
    await bought.decide(approve=False)
    await story.settles()
    assert await bought.stands() == ("pending", "failed", "failed")

    await bought.pay_again("ok")
    await story.settles()
    await assert_one_purchase(story, bought)


async def test_while_nobody_knows_what_the_bank_did_there_is_no_other_attempt(story: Story) -> None:
    """It may have taken the money."""
    await story.sell()
    bought = await story.buy("lost_answer")

    assert refusal(await bought.pay_again("ok"))[0] == "payment_not_retryable"


async def test_who_has_opened_the_page_of_the_bank_may_pay_otherwise(story: Story) -> None:
    """The page is closed first: a yes there takes nothing any more."""
    await story.sell()
    bought = await story.buy("requires_action")
    first = (await bought.payment()).reference
    await bought.pay_again("ok")
    await story.place.bank.gateway.approve(str(first))
    await story.settles()

    await assert_one_purchase(story, bought)
    assert (await bought.order()).refunds == ()


async def test_who_has_said_yes_meanwhile_has_paid(story: Story) -> None:
    """The other try comes too late, and takes nothing."""
    await story.sell()
    bought = await story.buy("requires_action")
    await bought.decide(approve=True)

    assert refusal(await bought.pay_again("ok"))[0] == "transition_refused"
    await story.settles()
    await assert_one_purchase(story, bought)


async def test_a_slow_bank_is_waited_for_and_the_key_is_held_meanwhile(tmp_path: Path) -> None:
    """The lease of five seconds is renewed while the bank thinks for nine."""
    async with opened(tmp_path, Delays(slow_seconds=9.0)) as story:
        await story.sell()
        guest = await story.cart()
        buying = asyncio.create_task(story.reply(guest, "slow"))
        for _ in range(4):
            await story.clock.asleep(2)  # the bank, and the shop's patience with it
            await story.clock.advance(2)
            with pytest.raises(RequestInProgress):
                await story.reply(guest, "slow")
        await story.clock.asleep(2)
        await story.clock.advance(1)

        await assert_one_purchase_of(story, await buying)


async def test_a_bank_that_is_silent_for_too_long_is_looked_up_and_never_asked_twice(tmp_path: Path) -> None:
    """After ten seconds the buyer hears that it is processing; the money is found by asking what became of it."""
    async with opened(tmp_path, Delays(silence_seconds=60.0), payment_timeout_seconds=4) as story:
        await story.sell()
        guest = await story.cart()
        buying = asyncio.create_task(story.reply(guest, "lost_answer"))
        for _ in range(2):
            await story.clock.asleep(2)
            await story.clock.advance(2)
        bought = story.bought(await buying)
        assert await bought.stands() == ("pending", "unpaid", "processing")

        await story.settles()
        await assert_one_purchase(story, bought)


async def assert_one_purchase_of(story: Story, reply: Reply) -> None:
    """What a reply says is what happened."""
    bought = story.bought(reply)
    assert bought.first.payment is not None
    assert bought.first.payment.state == "succeeded"
    await story.settles()
    await assert_one_purchase(story, bought)

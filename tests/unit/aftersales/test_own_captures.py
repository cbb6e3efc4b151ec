"""What the shop takes by itself of held money: what the attempt holds for which it was told to, and no other."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from tests.kept import STORES, kept_in
from tests.stories import Bought, Story, assert_one_purchase, opened

from shopcore.checkout.model import PaymentChoice
from shopcore.kernel.actor import System
from shopcore.kernel.jobs import NewJob
from shopcore.payments.errors import NothingHeld
from shopcore.payments.model import Account

pytestmark = pytest.mark.anyio

DAY = 24 * 3600.0
CARD, AT_DOOR = PaymentChoice(method="authorized"), PaymentChoice(gateway="manual", method="cash_on_delivery")


@pytest.fixture(params=STORES)
async def story(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Story]:
    """A shop that holds money, and is paid at the door."""
    by_hand: dict[str, Any] = {"payment_gateways": ("bogus", "manual"), "manual_methods": ("cash_on_delivery",)}
    async with opened(tmp_path, **by_hand, **kept_in(request, request.param)) as told:
        await told.sell()
        yield told


async def held_twice(story: Story, second: PaymentChoice) -> Bought:
    """Money that is held, let go on the third day, and then promised or held anew."""
    bought = await story.buy("authorized")
    await story.settles()
    await story.passes(3 * DAY)
    await story.staff.payments.void(order_id=bought.id)
    await story.settles()
    await pays_by(bought, second)
    await story.settles()
    return bought


async def pays_by(bought: Bought, choice: PaymentChoice) -> None:
    """Another try."""
    await bought.story.as_(bought.guest).checkout.retry_payment(order_id=bought.id, choice=choice, key="other")


async def told_by_a_shop_of_before(story: Story, bought: Bought) -> None:
    """A job that does not say which attempt it is about."""
    job = NewJob(kind="capture_payment", payload={"order_id": bought.id}, unique_key=f"{story.clock.now()}")
    await story.place.store.unit_of_work(lambda: story.place.store.jobs.enqueue(job))
    await story.shop.work_off()


@pytest.mark.parametrize("of_before", [False, True])
async def test_what_is_promised_is_not_taken_by_the_job_of_a_hold_before_it(story: Story, *, of_before: bool) -> None:
    """Nobody has come to the door: the books know of no money, and the courier can still say that it came."""
    bought = await held_twice(story, AT_DOOR)
    await story.passes(2 * DAY)
    if of_before:
        await told_by_a_shop_of_before(story, bought)

    assert await bought.stands() == ("processing", "authorized", "authorized")
    assert await story.balance(Account.CLEARING) == 0
    await story.staff.by_hand.confirm(order_id=bought.id)
    assert (await bought.stands())[1:] == ("paid", "succeeded")


@pytest.mark.parametrize("of_before", [False, True])
async def test_a_second_hold_is_taken_in_its_own_time(story: Story, *, of_before: bool) -> None:
    """Not a day after it was made, but four."""
    bought = await held_twice(story, CARD)
    await story.passes(2 * DAY)
    if of_before:
        await told_by_a_shop_of_before(story, bought)
    early = await bought.stands()
    await story.passes(3 * DAY)
    await story.settles()

    assert early == ("processing", "authorized", "authorized")
    await assert_one_purchase(story, bought)


async def test_a_hold_is_taken_by_the_job_of_a_shop_of_before(story: Story) -> None:
    """It was put for the fourth day, and there is no other."""
    bought = await story.buy("authorized")
    await story.passes(4 * DAY - 60)
    await told_by_a_shop_of_before(story, bought)

    await assert_one_purchase(story, bought)


async def test_what_is_held_by_another_attempt_meanwhile_is_not_taken(story: Story) -> None:
    """Between the look at it and the plan it is let go and held anew: nothing is asked of the bank."""
    bought = await story.buy("authorized")
    first = await bought.payment()
    await story.staff.payments.void(order_id=bought.id)
    await pays_by(bought, CARD)
    use_case = story.shop._cases.payments.capture

    with pytest.raises(NothingHeld):
        await use_case._take(System(kind="capture_payment"), first, None)
    assert (await bought.stands())[2] == "authorized"

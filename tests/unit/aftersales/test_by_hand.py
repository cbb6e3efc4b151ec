"""Bank transfers and cash on delivery: an order waits for staff to say that its money came."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from tests.kept import STORES, kept_in
from tests.stories import PRICE, STOCK, Bought, Story, opened

from shopcore.checkout.model import CheckOutCommand, PaymentChoice
from shopcore.kernel.actor import Guest, Staff
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.errors import NotByHand, NothingAwaited, PaymentNotFound
from shopcore.payments.model import Account

pytestmark = pytest.mark.anyio

DAY = 24 * 3600.0
TRANSFER, AT_DOOR = "bank_transfer", "cash_on_delivery"


@pytest.fixture(params=STORES)
async def story(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Story]:
    """A shop that is paid by hand too."""
    by_hand: dict[str, Any] = {
        "payment_gateways": ("bogus", "manual"),
        "manual_methods": (TRANSFER, AT_DOOR),
        "manual_details": "Shop Ltd, XX00 1234",
        "manual_days": 3,
    }
    async with opened(tmp_path, **by_hand, **kept_in(request, request.param)) as told:
        await told.sell()
        yield told


async def buys(story: Story, method: str = TRANSFER) -> Bought:
    """Somebody buys tea, and pays later."""
    guest = await story.cart()
    asked = CheckOutCommand(payment=PaymentChoice(gateway="manual", method=method))
    return story.bought(await story.as_(guest).checkout.check_out(command=asked, key="key"))


async def owed(bought: Bought) -> RefundId:
    """The refund that waits for a person."""
    (refund,) = [each for each in (await bought.order()).refunds if each.status == "requested"]
    return refund.id


async def books(story: Story) -> tuple[int, int, int]:
    """What the gateway holds, what customers owe, and what went back."""
    accounts = (Account.CLEARING, Account.RECEIVABLE, Account.REFUND)
    clearing, receivable, refund = [await story.balance(account) for account in accounts]
    return clearing, receivable, refund


async def test_an_order_waits_for_its_transfer_and_is_paid_when_staff_say_so(story: Story) -> None:
    """Its buyer is told where to pay; nobody asks about it meanwhile; it is paid once, however often it is said."""
    bought = await buys(story)
    await story.passes(2 * DAY)
    waiting, shown = await bought.stands(), await bought.payment()
    asked = [kind for kind in await story.jobs("done") if kind == "resolve_payment"]
    for _ in range(2):
        await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()

    assert waiting == ("pending", "unpaid", "requires_action")
    assert shown.next_action is not None
    assert (shown.next_action.type, shown.next_action.text) == (TRANSFER, "Shop Ltd, XX00 1234")
    assert asked == []
    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert await books(story) == (PRICE.amount, 0, 0)
    assert len(await story.mails("order-confirmation")) == 1
    assert await story.level() == (STOCK - 1, 0)
    acts = [entry.action for entry in (await story.staff.audit.list()).items]
    assert acts.count("payment.confirm") == 1


async def test_an_order_whose_transfer_does_not_come_lapses(story: Story) -> None:
    """After the days that the shop waits, and not before; its goods are free again."""
    bought = await buys(story)
    await story.passes(3 * DAY - 60)
    before = await bought.stands()
    await story.passes(120)
    await story.settles()

    assert before == ("pending", "unpaid", "requires_action")
    assert await bought.stands() == ("cancelled", "unpaid", "voided")
    assert await story.level() == (STOCK, 0)
    assert await books(story) == (0, 0, 0)


async def test_a_transfer_that_comes_too_late_goes_back_with_a_mail(story: Story) -> None:
    """The shop owes it from the moment that it came; a person gives it back, and says so."""
    bought = await buys(story)
    await story.passes(3 * DAY + 60)
    await story.settles()
    await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()
    held, mails = await books(story), await story.mails("order-refunded")
    refund_id = await owed(bought)
    for _ in range(2):
        await story.staff.by_hand.confirm_refund(order_id=bought.id, refund_id=refund_id)
        await story.settles()

    assert (held, mails) == ((PRICE.amount, 0, 0), [])
    assert await books(story) == (0, 0, PRICE.amount)
    assert (await bought.stands())[:2] == ("cancelled", "refunded")
    assert len(await story.mails("order-refunded")) == 1
    assert not await story.jobs("dead")
    with pytest.raises(PaymentNotFound):
        await story.staff.by_hand.confirm_refund(order_id=bought.id, refund_id=RefundId("another"))


async def test_who_does_not_make_the_transfer_may_pay_in_another_way(story: Story) -> None:
    """And money that comes all the same is a second charge, which goes back."""
    bought = await buys(story)
    for _ in range(2):
        await story.staff.by_hand.refuse(order_id=bought.id)
    failed = await bought.stands()
    await bought.pay_again("ok")
    await story.settles()
    paid = await bought.stands()
    await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()
    refund_id = await owed(bought)
    await story.staff.by_hand.confirm_refund(order_id=bought.id, refund_id=refund_id)
    await story.settles()

    assert failed == ("pending", "failed", "failed")
    assert paid == await bought.stands() == ("processing", "paid", "succeeded")
    assert await story.captured() == [PRICE.amount]
    assert await books(story) == (PRICE.amount, 0, 0)
    with pytest.raises(NothingAwaited):
        await story.staff.by_hand.refuse(order_id=bought.id)


async def test_what_is_paid_at_the_door_leaves_first(story: Story) -> None:
    """It is not taken by itself, however long that lasts; a part can be taken where staff let the rest go."""
    bought = await buys(story, AT_DOOR)
    await story.settles()
    await story.staff.orders.ship(order_id=bought.id)
    await story.passes(9 * DAY)
    promised, before = await bought.stands(), await books(story)
    await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()

    assert (promised, before) == (("shipped", "authorized", "authorized"), (0, 0, 0))
    assert await bought.stands() == ("shipped", "paid", "succeeded")
    assert await books(story) == (PRICE.amount, 0, 0)
    assert not await story.jobs("dead")


async def test_a_part_is_taken_at_the_door_and_the_rest_waived(story: Story) -> None:
    """As of any money that is held."""
    bought = await buys(story, AT_DOOR)
    await story.staff.payments.capture(order_id=bought.id, amount=Money(1_200, "USD"))
    await story.settles()

    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert await books(story) == (1_200, 0, PRICE.amount - 1_200)


async def test_nobody_pays_at_the_door(story: Story) -> None:
    """The promise is let go, and the order waits for other money: its buyer is told, and may pay otherwise."""
    bought = await buys(story, AT_DOOR)
    await story.settles()
    await story.staff.by_hand.refuse(order_id=bought.id)
    await story.settles()
    refused = await bought.stands()
    await bought.pay_again("ok")
    await story.settles()

    assert refused == ("pending", "unpaid", "voided")
    assert len(await story.mails("payment-failed")) == 1
    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert await books(story) == (PRICE.amount, 0, 0)
    assert await story.level() == (STOCK - 1, 0)


async def test_who_was_to_make_a_transfer_may_pay_otherwise(story: Story) -> None:
    """Without asking anybody; a transfer that comes all the same goes back."""
    bought = await buys(story)
    await bought.pay_again("ok")
    await story.settles()
    paid = await bought.stands()
    await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()

    assert paid == await bought.stands() == ("processing", "paid", "succeeded")
    assert await story.captured() == [PRICE.amount]
    assert [refund.amount for refund in (await bought.order()).refunds] == [PRICE]


async def test_money_for_what_was_delivered_pays_it_although_it_was_refused_before(story: Story) -> None:
    """Somebody pressed the wrong one: nothing goes back, and a real return can still be refunded."""
    bought = await buys(story, AT_DOOR)
    await story.settles()
    await story.staff.orders.ship(order_id=bought.id)
    await story.staff.by_hand.refuse(order_id=bought.id)
    refused = await bought.stands()
    await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()

    assert refused == ("shipped", "unpaid", "voided")
    assert await bought.stands() == ("shipped", "paid", "succeeded")
    assert (await bought.order()).refunds == ()
    assert await books(story) == (PRICE.amount, 0, 0)
    await story.staff.orders.refund(order_id=bought.id, amount=PRICE, reason="damaged")


async def test_refunds_are_owed_until_staff_have_given_them(story: Story) -> None:
    """In part, and no job is tried again and again meanwhile."""
    bought = await buys(story)
    await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()
    await story.staff.orders.refund(order_id=bought.id, amount=Money(500, "USD"), reason="damaged")
    await story.passes(DAY)
    before, waiting = await books(story), await story.jobs("waiting")
    await story.staff.by_hand.confirm_refund(order_id=bought.id, refund_id=await owed(bought))
    await story.settles()

    assert before == (PRICE.amount, 0, 0)
    assert "carry_out_refund" not in waiting
    assert await books(story) == (PRICE.amount - 500, 0, 500)
    assert (await bought.stands())[1] == "partially_refunded"


async def test_what_staff_said_is_the_list_that_the_books_are_compared_with(story: Story) -> None:
    """Nothing differs, refunds and late money included."""
    bought = await buys(story)
    await story.staff.by_hand.confirm(order_id=bought.id)
    await story.settles()
    await story.staff.orders.refund(order_id=bought.id, amount=Money(500, "USD"), reason="damaged")
    await story.settles()
    await story.staff.by_hand.confirm_refund(order_id=bought.id, refund_id=await owed(bought))
    await story.passes(3_600)
    run = await story.staff.reconciliations.reconcile()

    assert (run.differences, run.unreached, run.compared) == ((), (), 2)


async def test_other_gateways_need_nobody_to_confirm(story: Story) -> None:
    """What they say is theirs to say; and it is staff who confirm, with the permission for it."""
    bought, waiting = await story.buy("ok"), await buys(story)
    reader = story.as_(Staff(name="reader", permissions=frozenset({"orders:read"})))
    await story.settles()
    await story.staff.orders.refund(order_id=bought.id, amount=Money(1, "USD"), reason="damaged")
    refund = (await bought.order()).refunds[0].id

    for act in (story.staff.by_hand.confirm, story.staff.by_hand.refuse):
        with pytest.raises(NotByHand):
            await act(order_id=bought.id)
    with pytest.raises(NotByHand):
        await story.staff.by_hand.confirm_refund(order_id=bought.id, refund_id=refund)
    for act in (reader.by_hand.confirm, reader.by_hand.refuse):
        with pytest.raises(Forbidden):
            await act(order_id=waiting.id)
    with pytest.raises(Unauthenticated):
        await story.as_(Guest()).by_hand.confirm(order_id=waiting.id)

"""What a crash, or a bank that was away, has left behind: found by looking, and brought to its end."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.banks import Bank, DeadLine
from tests.crashes import Crash, Fuse
from tests.stories import TEA, Bought, Story, assert_nothing_sold, assert_one_purchase

from shopcore.aftersales.model.overdue import turn_of
from shopcore.checkout.model import CheckedOut
from shopcore.idempotency.model import LEASE
from shopcore.inventory.model import HOLD, StockLine, hold
from shopcore.kernel.actor import Guest, Staff, System
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import OrderId
from shopcore.payments.errors import GatewayUnavailable
from shopcore.payments.model import Payment, Report
from shopcore.payments.ports import GatewayEvent

pytestmark = pytest.mark.anyio

HOUR, DAY = 3_600, 86_400


async def died(story: Story, at: str, method: str = "ok") -> Bought:
    """A checkout whose process died at that boundary, after the order was written."""
    await story.sell()
    await dies(story, await story.cart(), at, method)
    (order,) = (await story.staff.orders.list()).items
    token = story.shop._cases.checkout.check_out.place_order.token(order.id)
    payment = await story.place.store.payments.of_order(order.id)
    return Bought(story, CheckedOut(order=order, order_token=token, payment=payment))


async def dies(story: Story, guest: Guest, at: str, method: str = "ok") -> None:
    """In the middle of a checkout."""
    story.reopen(FuseAt(at))
    with pytest.raises(Crash):
        await story.reply(guest, method)
    story.reopen()


class FuseAt(Fuse):
    """Burns through at the boundary of that name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def burn(self, name: str) -> None:
        """Die there."""
        super().burn(name)
        if name == self.name:
            raise Crash(name)


@pytest.mark.parametrize("boundary", ["before begin", "after begin"])
async def test_another_try_at_a_payment_that_was_never_begun_is_the_first_try(story: Story, boundary: str) -> None:
    """Its buyer comes back before the sweeper does, with another card: the first one may have been charged."""
    bought = await died(story, boundary)
    story.bought(await bought.pay_again("declined"))
    assert (await bought.payment()).attempt == 1
    await story.settles()

    await assert_one_purchase(story, bought)


@pytest.mark.parametrize("boundary", ["before begin", "after begin"])
async def test_a_payment_that_was_never_recorded_is_found_and_finished(story: Story, boundary: str) -> None:
    """Begun or not: the attempt's own key says which, and nobody comes back to ask."""
    bought = await died(story, boundary)
    assert (await bought.payment()).state == "requires_payment"
    await story.settles()

    await assert_one_purchase(story, bought)


async def test_a_payment_that_was_never_begun_is_not_begun_after_its_hour(story: Story) -> None:
    """The shop was down for a night: nobody is charged in the morning for what they gave up in the evening."""
    bought = await died(story, "before begin")
    await story.passes(10 * HOUR)
    await story.settles()

    assert (await bought.stands())[::2] == ("cancelled", "voided")
    await assert_nothing_sold(story)
    assert not await story.captured()


async def test_a_payment_that_the_bank_never_heard_of_is_begun_when_it_is_back(story: Story) -> None:
    """The buyer was told that it is processing; that does not stay so for ever."""
    await story.sell()
    bank = DeadLine(story.place.bank.gateway)
    story.with_gateway(bank)
    bought = await story.buy("ok")
    assert await bought.stands() == ("pending", "unpaid", "processing")
    await story.settles()
    assert (await bought.payment()).state == "processing"

    bank.down = False
    for _ in range(3):
        await story.settles()
    await assert_one_purchase(story, bought)


async def test_a_payment_that_the_bank_never_heard_of_ends_with_its_hour(story: Story) -> None:
    """The bank comes back too late: it is told to take nothing, and the order ends."""
    await story.sell()
    bank = DeadLine(story.place.bank.gateway)
    story.with_gateway(bank)
    bought = await story.buy("ok")
    await story.passes(HOUR)
    bank.down = False
    for _ in range(10):
        await story.passes(600)

    assert (await bought.stands())[::2] == ("cancelled", "voided")
    assert "begin 1" not in bank.asked
    await assert_nothing_sold(story)


class Mute(Bank):
    """Hears what it is asked to begin, and does not answer."""

    async def begin(self, payment: Payment) -> Report:
        """Its answer is lost on the way."""
        await Bank.begin(self, payment)
        raise GatewayUnavailable(self.name)


async def test_a_customer_who_has_to_act_is_not_taken_for_a_payment_under_way(story: Story) -> None:
    """The shop had assumed that it is processing; the bank's first word counts more, and the order can still end."""
    await story.sell()
    story.with_gateway(Mute(story.place.bank.gateway))
    left, paid = await story.buy("requires_action"), await story.buy("requires_action")
    assert (await left.payment()).state == "processing"
    await story.settles()
    assert (await left.payment()).state == "requires_action"

    await paid.decide(approve=True)
    await story.passes(HOUR)
    await story.settles()
    assert (await left.stands())[::2] == ("cancelled", "voided")
    assert (await paid.stands()) == ("processing", "paid", "succeeded")
    assert await story.level() == (4, 0)


async def test_what_the_shop_assumes_never_outweighs_what_it_has_heard(story: Story) -> None:
    """The webhook was faster than the end of the shop's patience."""
    await story.sell()

    class Quicker(Mute):
        async def begin(self, payment: Payment) -> Report:
            known = await self.inner.begin(payment)
            heard = GatewayEvent(gateway=self.name, event_id="quick", type="news", report=known)
            await story.place.store.inbox.store(heard, story.clock.now())
            process = story.shop._cases.payments.process_webhook
            await process(System(kind="test"), gateway=self.name, event_id="quick")
            raise GatewayUnavailable(self.name)

    story.with_gateway(Quicker(story.place.bank.gateway))
    bought = await story.buy("requires_action")
    assert await bought.stands() == ("pending", "unpaid", "requires_action")
    assert (await bought.payment()).next_action is not None


async def test_a_customer_who_is_asked_to_act_is_asked_about_less_and_less(story: Story) -> None:
    """After a quarter of a minute at first, for the bank may have no webhooks; after an hour, every six minutes."""
    await story.sell()
    bank = Bank(story.place.bank.gateway)
    story.with_gateway(bank)
    await story.buy("requires_action")
    for _ in range(10):
        await story.passes(16)
    soon = bank.asked.count("look up 1")
    for _ in range(110):
        await story.passes(30)

    assert soon >= 3
    assert 10 <= bank.asked.count("look up 1") - soon <= 40


async def test_a_long_outage_does_not_flood_the_queue(story: Story) -> None:
    """Swept a hundred and twenty times while the bank is away: a few jobs, none of them dead, and it all ends well."""
    await story.sell()
    bank = DeadLine(story.place.bank.gateway, down=False)
    story.with_gateway(bank)
    bought = await story.buy("requires_action")
    bank.down = True
    for _ in range(120):
        await story.passes(15)
    jobs = [job.kind for job in (await story.staff.jobs.list(limit=100)).items]
    assert jobs.count("resolve_payment") <= 12

    bank.down = False
    for _ in range(10):
        await story.passes(600)
    assert (await bought.order()).status == "cancelled"
    await assert_nothing_sold(story)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_turns_come_in_their_order_and_ever_more_rarely(first: int, second: int) -> None:
    """Later is never an earlier turn; and after eight minutes there is always another one."""
    earlier, later = sorted((first, second))
    assert turn_of(timedelta(seconds=earlier)) <= turn_of(timedelta(seconds=later))
    if later - earlier >= 8 * 60:
        assert turn_of(timedelta(seconds=earlier)) < turn_of(timedelta(seconds=later))


async def test_a_reservation_that_no_order_came_for_is_given_back(story: Story) -> None:
    """After ten minutes, and not before."""
    await story.sell()
    lines = [StockLine(sku=TEA, quantity=2)]
    now = story.clock.now()
    await story.place.store.reservations.reserve(hold(OrderId("never placed"), lines, now), now)
    await story.passes(HOLD.total_seconds() - 10)
    assert await story.level() == (5, 2)
    await story.passes(20)
    assert await story.level() == (5, 0)


@dataclass
class Unheard(Bank):
    """It does what it is asked for, and nobody hears of it while it `is_unheard`."""

    is_unheard: bool = True

    async def begin(self, payment: Payment) -> Report:
        await Bank.begin(self, payment)
        raise GatewayUnavailable(self.name)

    async def look_up(self, payment: Payment) -> Report | None:
        if self.is_unheard:
            raise GatewayUnavailable(self.name)
        return await Bank.look_up(self, payment)


async def test_money_whose_hold_was_heard_of_late_is_taken_before_it_lapses(story: Story) -> None:
    """Four days after it was asked for: the shop was away for three of them."""
    bank = Unheard(story.place.bank.gateway)
    story.with_gateway(bank)
    await story.sell()
    bought = await story.buy("authorized")
    await story.clock.advance(3 * DAY)
    bank.is_unheard = False
    await story.settles()
    assert await bought.stands() == ("processing", "authorized", "authorized")

    await story.passes(DAY - HOUR)
    assert (await bought.payment()).state == "authorized"
    await story.passes(HOUR)
    assert (await bought.payment()).state == "succeeded"


async def test_a_gateway_that_the_shop_no_longer_has_is_waited_for(story: Story) -> None:
    """Taken out of the settings with payments open: an answer, not an incident; and nothing is lost."""
    await story.sell()
    bought = await story.buy("requires_action")
    bank = story.place.bank.gateway
    story.place.world = replace(story.place.world, gateways={})
    story.reopen()
    with pytest.raises(GatewayUnavailable):
        await bought.cancel()
    await story.passes(HOUR)
    assert (await bought.order()).status == "pending"

    story.with_gateway(bank)
    for _ in range(10):
        await story.passes(600)
    await assert_nothing_sold(story)


async def test_a_checkout_that_is_resumed_without_its_gateway_is_answered(story: Story) -> None:
    """It died before it asked the bank; now there is no bank: processing, until there is one again."""
    await story.sell()
    guest = await story.cart()
    await dies(story, guest, "before begin")
    bank = story.place.bank.gateway
    story.place.world = replace(story.place.world, gateways={})
    story.reopen()
    await story.clock.advance(LEASE.total_seconds())
    bought = story.bought(await story.reply(guest, "ok"))
    assert await bought.stands() == ("pending", "unpaid", "processing")

    story.with_gateway(bank)
    await story.settles()
    await assert_one_purchase(story, bought)


async def test_who_may_ask_what_became_of_a_payment(story: Story) -> None:
    """The shop itself, and staff who may write payments; one that is settled is left as it is."""
    await story.sell()
    bought = await story.buy()
    payment = await bought.payment()
    resolve = story.shop._cases.payments.resolve
    assert await resolve(System(kind="test"), payment_id=payment.id) == payment
    with pytest.raises(Unauthenticated):
        await resolve(Guest(), payment_id=payment.id)
    with pytest.raises(Forbidden):
        await resolve(Staff(name="reader"), payment_id=payment.id)

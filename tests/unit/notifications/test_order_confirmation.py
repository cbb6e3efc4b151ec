"""The mail that says an order is paid: once, to its buyer, with figures that sum."""

from dataclasses import replace
from email import message_from_string, policy
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs
from tests.banks import takes_after_all
from tests.crashes import Crash, Fuse
from tests.stories import COMPLETE, HOME, Story

from shopcore.adapters.jinja.templates import JinjaTemplates
from shopcore.container.ports import World
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Guest, Staff, System
from shopcore.kernel.address import Contact
from shopcore.kernel.errors import Forbidden, Unauthenticated, Unavailable
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.notifications.errors import NobodyAsked, NoRecipient
from shopcore.notifications.model import Message, OrderNotice, order_mail
from shopcore.notifications.ports import Mailer, Ready, at_any_time
from shopcore.ordering.errors import OrderNotFound
from shopcore.ordering.model import Order, OrderTotals
from shopcore.pricing.model import Coupon, CouponKind
from shopcore.testing.contracts.sales_samples import an_order

pytestmark = pytest.mark.anyio


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def figures(text: str) -> dict[str, str]:
    """What the mail says of money, by its name."""
    return dict(line.split(": ", 1) for line in text.splitlines() if line.endswith(" USD"))


def mail_of(**totals: int) -> dict[str, str]:
    """The figures of an order with these totals, all else being zero."""
    zero = dict.fromkeys(("subtotal", "discount", "shipping", "tax", "total"), 0)
    order = structs.replace(
        an_order("order"), totals=OrderTotals(**{name: usd(cents) for name, cents in {**zero, **totals}.items()})
    )
    return figures(JinjaTemplates("shop@example.com").write(order_mail(order, OrderNotice.CONFIRMATION)).text)


async def test_a_buyer_reads_what_they_bought(story: Story) -> None:
    """The number in the subject, the lines, the sums, and where it goes; to their address and no other."""
    await story.sell()
    await story.staff.pricing.put_coupon(Coupon(code="TENTH", kind=CouponKind.PERCENTAGE, basis_points=1_000))
    guest = await story.cart(quantity=2)
    await story.as_(guest).cart.apply_coupon(code="TENTH")
    bought = story.bought(await story.reply(guest))
    await story.shop.work_off()
    (text,) = await story.mails()
    mail = message_from_string(text, policy=policy.default)
    plain = mail.get_body(("plain",))
    assert plain is not None
    body = plain.get_content()

    assert mail["To"] == COMPLETE.email
    assert mail["Subject"] == f"Your order {bought.first.order.number}"
    assert "2 x Tea-1 (TEA-1): 40.00 USD" in body
    assert figures(body)["Discount"] == "-4.00 USD"
    assert figures(body)["Total"] == "36.00 USD"
    for part in (HOME.name, HOME.line1, HOME.city, HOME.country):
        assert part in body


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({"subtotal": 1000, "total": 1000}, {}),
        ({"subtotal": 1000, "tax": 190, "total": 1190}, {"Tax": "1.90 USD"}),
        ({"subtotal": 1190, "tax": 190, "total": 1190}, {"Tax included": "1.90 USD"}),
        (
            {"subtotal": 1190, "shipping": 100, "tax": 200, "total": 1300},
            {"Tax": "0.10 USD", "Tax included": "1.90 USD"},
        ),
        ({"subtotal": 1000, "discount": 200, "tax": 80, "total": 880}, {"Discount": "-2.00 USD", "Tax": "0.80 USD"}),
    ],
    ids=repr,
)
def test_the_figures_above_the_total_sum_to_it(totals: dict[str, int], said: dict[str, str]) -> None:
    """Tax that is within the prices is named as such, below."""
    read = mail_of(**totals)
    assert {name: read[name] for name in read if name in {"Tax", "Tax included", "Discount"}} == said
    above = [name for name in ("Subtotal", "Discount", "Shipping", "Tax") if name in read]
    parts = [Money.parse(read[name][:-4], "USD").amount for name in above]
    assert sum(parts) == Money.parse(read["Total"][:-4], "USD").amount


@pytest.mark.parametrize("method", ["ok", "lost_answer", "double_webhook", "reordered_webhooks"])
async def test_one_mail_however_the_payment_was_learned_of(story: Story, method: str) -> None:
    """By answer, look-up or webhook, and after a second charge too."""
    await story.sell()
    bought = await story.buy(method)
    await story.settles()
    assert len(await story.mails()) == 1

    send = partial(story.shop._cases.upkeep.send_order_mail, notice=OrderNotice.CONFIRMATION)
    await send(System(kind="again"), order_id=bought.id)
    assert len(await story.mails()) == 1


@pytest.mark.parametrize("method", ["declined", "requires_action"])
async def test_no_mail_for_what_is_not_paid(story: Story, method: str) -> None:
    """Nor for money that came after the end and went back."""
    await story.sell()
    bought = await story.buy(method)
    await bought.cancel()
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()
    assert not await story.mails("order-confirmation")


async def test_a_mail_that_cannot_be_handed_over_is_tried_again(story: Story) -> None:
    """And a process that dies just after handing it over does not send a second one."""
    await story.sell()
    await story.buy()

    class Down:
        """No mail leaves."""

        async def send(self, message: Message, _ready: Ready = at_any_time) -> None:
            raise Unavailable("the mail server is down")

        def is_down(self) -> bool:
            return False

    mailer, world = story.place.world.mailer, story.place.world
    story.place.world = _with_mailer(world, Down())
    story.reopen()
    await story.settles()
    assert not await story.mails("order-confirmation")
    assert "send_order_confirmation" in await story.jobs(JobState.WAITING)

    story.place.world = _with_mailer(world, mailer)
    dying = story.reopen(AfterMail())
    await story.clock.advance(600)
    with pytest.raises(Crash):
        await dying.work_off()
    story.reopen()
    await story.settles()
    assert len(await story.mails()) == 1
    assert not await story.jobs(JobState.DEAD)


class Gone:
    """Mail servers that are known to be down."""

    asked = 0

    async def send(self, message: Message, _ready: Ready = at_any_time) -> None:
        self.asked += 1
        raise NobodyAsked("they are down")

    def is_down(self) -> bool:
        return True


async def test_while_the_mail_servers_are_down_confirmations_rest(story: Story) -> None:
    """None is begun, none has used up a try, and once they are there again none waits for anything."""
    await story.sell()
    for _ in range(3):
        await story.buy()
    mailer, world, gone = story.place.world.mailer, story.place.world, Gone()
    story.place.world = _with_mailer(world, gone)
    story.reopen()
    for _ in range(48):
        await story.passes(3_600)
    waiting = (await story.staff.jobs.list(state=JobState.WAITING, limit=100)).items
    story.place.world = _with_mailer(world, mailer)
    await story.reopen().work_off()

    assert [(job.kind, job.attempts) for job in waiting] == [("send_order_confirmation", 0)] * 3
    assert gone.asked == 0
    assert len(await story.mails("order-confirmation")) == 3


def texts(story: Story) -> int:
    """How many telephones were told."""
    return len(list(Path(story.place.settings.short_message_dir).glob("*.txt")))


async def test_what_must_not_be_missed_does_not_rest_with_them(story: Story) -> None:
    """It goes by telephone within five minutes of the patience that is set, and by mail when that is possible again."""
    await story.sell()
    guest = await story.cart()
    home = structs.replace(HOME, phone="+1 555 0199")
    mailer, world, gone = story.place.world.mailer, story.place.world, Gone()
    story.place.world = _with_mailer(world, gone)
    story.reopen()
    story.bought(await story.reply(guest, "declined", shipping_address=home))
    patience = int(story.place.settings.mail_patience_seconds)
    await story.passes(1)  # to the first try, which the patience is counted from
    for _ in range(patience // 60 - 1):
        await story.passes(60)
    assert texts(story) == 0
    for _ in range(7):
        await story.passes(60)
    assert texts(story) == 1
    story.place.world = _with_mailer(world, mailer)
    story.reopen()
    await story.passes(301)

    assert len(await story.mails("payment-failed")) == 1
    assert not await story.jobs(JobState.DEAD)


class AfterMail(Fuse):
    """Dies when a mail has just been handed over."""

    def burn(self, name: str) -> None:
        """At that boundary only."""
        super().burn(name)
        if name == "after mail":
            raise Crash(name)


def _with_mailer(world: World, mailer: Mailer) -> World:
    return replace(world, mailer=mailer)


async def test_an_order_without_an_address_is_no_mail(story: Story) -> None:
    """Its buyer was forgotten: said by name, so that whoever looks at the dead job knows."""
    order: Order = structs.replace(an_order("order"), contact=Contact())
    with pytest.raises(NoRecipient):
        order_mail(order, OrderNotice.CONFIRMATION)


async def test_mails_are_the_shops_own_to_send(story: Story) -> None:
    """Or of staff who may; and there is none for an order that is not there."""
    await story.sell()
    bought = await story.buy()
    send = partial(story.shop._cases.upkeep.send_order_mail, notice=OrderNotice.CONFIRMATION)
    with pytest.raises(Unauthenticated):
        await send(Guest(), order_id=bought.id)
    with pytest.raises(Forbidden):
        await send(Staff(name="reader"), order_id=bought.id)
    with pytest.raises(OrderNotFound):
        await send(System(kind="job"), order_id=OrderId("none"))

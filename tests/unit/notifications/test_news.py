"""What the shop writes by itself: of a cart, to who asked for it; of what runs low and what failed, to staff."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_string, policy
from pathlib import Path

import pytest
from msgspec import structs
from tests.stories import CUP, HOME, TEA, Story, opened

from shopcore.catalog.errors import VariantNotFound
from shopcore.identity.errors import EmailNotVerified
from shopcore.identity.model import Mailing
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Customer, Guest, SignIn, System
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import CartId, SessionId, Sku, VariantId
from shopcore.kernel.jobs import NewJob
from shopcore.messages.errors import TooManyWatches
from shopcore.messages.model.watches import MOST, watch
from shopcore.notifications.model import cart_reminder, low_stock
from shopcore.notifications.model.news import SHOWN
from shopcore.shopping.model import CartChanges, PricedCart

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "ann@example.com", "difference engine no. 2"
STAFF = "staff@example.org"
DAY, HOUR = 86_400, 3_600
Act = Callable[[Story, Customer], Awaitable[None]]
WISH = CartChanges(remind=True)


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    """A shop that tells its staff."""
    async with opened(tmp_path, staff_email=STAFF, low_stock_threshold=2) as told:
        yield told


async def mails(story: Story, kind: str) -> list[tuple[str, str]]:
    """To whom, and the subject."""
    found = [message_from_string(mail, policy=policy.default) for mail in await story.mails(kind)]
    return [(str(mail["To"]), str(mail["Subject"])) for mail in found]


async def customer(story: Story, *, verified: bool = True, locale: str | None = None) -> Customer:
    """Somebody with an account and something in their cart."""
    guest = story.as_(Guest())
    await guest.accounts.register(email=EMAIL, password=PASSWORD, locale=locale)
    await story.shop.work_off()
    account = await story.place.store.accounts.find_by_email(EMAIL)
    assert account is not None
    if verified:
        await guest.accounts.verify_email(token=await story.mailed_token())
    who = Customer(customer_id=account.id)
    await story.sell()
    await story.as_(who).cart.add_item(sku=TEA, quantity=2)
    return who


async def wishes(story: Story, who: Customer) -> PricedCart:
    return await story.as_(who).cart.update(changes=WISH)


async def test_who_asked_is_reminded_of_a_cart_once(story: Story) -> None:
    """A day after it was last touched, and not again when it is touched, or wished for, once more."""
    who = await customer(story)
    await wishes(story, who)
    await story.passes(DAY - HOUR)
    await story.as_(who).cart.add_item(sku=TEA, quantity=1)
    await story.passes(HOUR + 1)
    early = await mails(story, "cart-reminder")
    await story.passes(DAY)
    once = await mails(story, "cart-reminder")
    await story.as_(who).cart.update(changes=CartChanges(remind=False))
    await wishes(story, who)
    await story.passes(2 * DAY)

    assert early == []
    assert once == [(EMAIL, "Something is still in your cart")]
    assert await mails(story, "cart-reminder") == once


async def test_a_reminder_is_in_the_language_that_was_named_at_registration(story: Story) -> None:
    who = await customer(story, locale="de-AT")
    await wishes(story, who)
    await story.passes(DAY + 1)

    assert await mails(story, "cart-reminder") == [(EMAIL, "In Ihrem Warenkorb liegt noch etwas")]


async def without_a_wish(story: Story, who: Customer) -> None:
    await story.as_(who).cart.update(changes=CartChanges(remind=None))


async def taken_back(story: Story, who: Customer) -> None:
    await wishes(story, who)
    await story.as_(who).cart.update(changes=CartChanges(remind=False))


async def emptied(story: Story, who: Customer) -> None:
    cart = (await wishes(story, who)).cart
    await story.as_(who).cart.set_quantity(variant_id=cart.lines[0].variant_id, quantity=0)


@pytest.mark.parametrize("happens", [without_a_wish, taken_back, emptied])
async def test_a_cart_that_nobody_wants_to_hear_of_is_no_mail(story: Story, happens: Act) -> None:
    who = await customer(story)
    await happens(story, who)
    await story.passes(DAY + 1)

    assert await mails(story, "cart-reminder") == []


async def test_an_order_ends_the_wish(story: Story) -> None:
    who = await customer(story)
    await wishes(story, who)
    await story.as_(who).cart.update(changes=CartChanges(shipping_method="standard", shipping_address=HOME))
    story.bought(await story.reply(who))
    await story.passes(DAY + 1)

    assert await mails(story, "cart-reminder") == []


async def test_a_stranger_is_not_written_to(story: Story) -> None:
    """Neither in the name of a guest nor of an account whose mailbox nobody has shown to be theirs."""
    who = await customer(story, verified=False)
    await wishes(story, who)
    guest = await story.cart()
    with pytest.raises(InvalidInput) as refusal:
        await story.as_(guest).cart.update(changes=WISH)
    await story.passes(DAY + 1)

    assert [(error.field, error.code) for error in refusal.value.errors] == [("remind", "not_signed_in")]
    assert await mails(story, "cart-reminder") == []


async def test_a_cart_that_is_gone_is_no_mail(story: Story) -> None:
    """The wish outlives neither the cart nor its customer."""
    who = await customer(story)
    cart = (await wishes(story, who)).cart
    await story.place.store.accounts.remove(who.customer_id)
    send = story.shop._cases.messages.news.send_cart_reminder
    await story.clock.advance(DAY + 1)
    await send(System(kind="send_cart_reminder"), cart_id=cart.id)
    await send(System(kind="send_cart_reminder"), cart_id=CartId("gone"))

    assert await mails(story, "cart-reminder") == []


async def back(story: Story, on_hand: int = 1) -> None:
    """A delivery, and the time until somebody looks."""
    await story.staff.stock.adjust(sku=TEA, to=on_hand, reason="delivery")
    await story.passes(301)


async def waiting(story: Story) -> tuple[Customer, VariantId]:
    """Somebody who waits for what is sold out, as their cart shows."""
    who = await customer(story)
    variant_id = (await story.as_(who).cart.show()).lines[0].line.variant_id
    await story.staff.stock.adjust(sku=TEA, to=0, reason="sold elsewhere")
    for _ in range(2):
        await story.as_(who).messages.watch(variant_id=variant_id)
    return who, variant_id


async def test_who_waits_hears_once_that_it_is_back(story: Story) -> None:
    """Not before, not twice, and again if they ask again."""
    who, variant_id = await waiting(story)
    await story.passes(HOUR)
    early = await mails(story, "back-in-stock")
    await back(story)
    await story.passes(HOUR)
    once = await mails(story, "back-in-stock")
    left = await story.as_(who).messages.watches()
    await story.as_(who).messages.watch(variant_id=variant_id)
    await story.passes(301)

    assert early == []
    assert once == [(EMAIL, "Tea-1 is here again")]
    assert left == []
    assert len(await mails(story, "back-in-stock")) == 2


async def test_who_waits_no_more_hears_nothing(story: Story) -> None:
    """Having taken it back, without a mailbox that is theirs, or erased."""
    who, variant_id = await waiting(story)
    shown = [each.variant_id for each in await story.as_(who).messages.watches()]
    await story.as_(who).messages.unwatch(variant_id=variant_id)
    await back(story)

    assert shown == [variant_id]
    assert await mails(story, "back-in-stock") == []


async def test_a_stranger_who_waits_is_not_written_to(story: Story) -> None:
    """Without a mailbox that is shown to be theirs: they may wish for it no more, and a wish of before is none."""
    who = await customer(story, verified=False)
    variant_id = (await story.as_(who).cart.show()).lines[0].line.variant_id
    await story.staff.stock.adjust(sku=TEA, to=0, reason="sold elsewhere")
    with pytest.raises(EmailNotVerified):
        await story.as_(who).messages.watch(variant_id=variant_id)
    await story.place.store.stock_watches.put(watch(variant_id, who.customer_id, story.clock.now()))
    await back(story)

    assert await mails(story, "back-in-stock") == []


async def test_what_is_held_on_who_waits_is_shown_and_forgotten(story: Story) -> None:
    """In the export; and the job that takes somebody out of their orders takes them out of what they wait for."""
    who, variant_id = await waiting(story)
    fresh = structs.replace(who, sign_in=SignIn(session_id=SessionId("one"), at=story.clock.now()))
    held = await story.as_(fresh).privacy.export()
    await story.as_(fresh).privacy.erase()
    await story.shop.work_off()
    await back(story)

    assert [each.variant_id for each in held.watches] == [variant_id]
    assert await story.place.store.stock_watches.page("", 100) == []
    assert await mails(story, "back-in-stock") == []


async def test_one_waits_for_what_is_sold_and_for_so_much_at_most(story: Story) -> None:
    who, variant_id = await waiting(story)
    with pytest.raises(VariantNotFound):
        await story.as_(who).messages.watch(variant_id=VariantId("nothing"))
    for number in range(MOST - 1):
        await story.place.store.stock_watches.put(watch(VariantId(f"{number}"), who.customer_id, story.clock.now()))
    await story.as_(who).messages.watch(variant_id=variant_id)
    await story.as_(who).messages.unwatch(variant_id=variant_id)
    await story.place.store.stock_watches.put(watch(VariantId("one more"), who.customer_id, story.clock.now()))
    with pytest.raises(TooManyWatches):
        await story.as_(who).messages.watch(variant_id=variant_id)

    assert len(await story.as_(who).messages.watches()) == MOST


async def test_staff_hear_of_what_runs_low_once_a_day_and_of_what_else_does_at_once(story: Story) -> None:
    await story.sell(TEA, on_hand=2)
    await story.sell(CUP, on_hand=3)
    await story.sell(Sku("AIR-1"), on_hand=None)
    for _ in range(3):
        await story.passes(HOUR)
    first = await mails(story, "low-stock")
    await story.staff.stock.adjust(sku=CUP, to=0, reason="broken")
    for _ in range(2):
        await story.passes(HOUR)
    second = await mails(story, "low-stock")
    await story.passes(DAY)

    assert first == [(STAFF, "Running low: 1 in the shop")]
    assert sorted(second) == [(STAFF, "Running low: 1 in the shop"), (STAFF, "Running low: 2 in the shop")]
    assert len(await mails(story, "low-stock")) == 3


async def test_staff_hear_of_failed_jobs_together_and_again_when_others_have_failed(story: Story) -> None:
    """Not of the same ones; and not where nobody is named."""
    await fails(story, 2)
    for _ in range(3):
        await story.passes(HOUR)
    first = await mails(story, "dead-jobs")
    await fails(story, 1)
    await story.passes(HOUR)
    report = replace(story.shop._cases.messages.news.report_dead_jobs, to=None)
    await report(System(kind="report_dead_jobs"))

    assert first == [(STAFF, "Failed for good: 2 jobs of the shop")]
    assert len(await mails(story, "dead-jobs")) == 2


async def test_what_staff_have_seen_to_is_no_news(story: Story) -> None:
    """One that is discarded leaves others of which they have been told; an old one that dies later is news."""
    await waits(story)
    await fails(story, 3)
    await story.passes(HOUR)
    (first, *_) = (await story.staff.jobs.list(state=JobState.DEAD)).items
    await story.staff.jobs.discard(job_id=first.id)
    await story.passes(HOUR)
    told = len(await mails(story, "dead-jobs"))
    await story.passes(DAY)
    await story.passes(HOUR)

    assert told == 1
    assert "expire_order" in await story.jobs(JobState.DEAD)
    assert len(await mails(story, "dead-jobs")) == 2


async def waits(story: Story) -> None:
    """One that is old when it dies."""
    job = NewJob(kind="expire_order", payload={}, run_at=story.clock.now() + timedelta(hours=20), max_attempts=1)
    await story.place.store.unit_of_work(lambda: story.place.store.jobs.enqueue(job))


async def fails(story: Story, count: int) -> None:
    """So many jobs that cannot be done: they do not say of which order."""

    async def work() -> None:
        for _ in range(count):
            await story.place.store.jobs.enqueue(NewJob(kind="settle_stock", payload={}, max_attempts=1))

    await story.place.store.unit_of_work(work)
    await story.shop.work_off()


def test_a_long_list_is_cut_and_says_so() -> None:
    """With how many more there are."""
    rows = [(f"SKU-{number}", number) for number in range(SHOWN + 7)]
    facts = cart_reminder(CartId("cart"), EMAIL, rows, "https://shop.example/", "https://shop.example/leave").facts

    assert (len(facts["rows"]), facts["more"], facts["count"]) == (SHOWN, 7, SHOWN + 7)
    assert facts["link"] == "https://shop.example/cart"
    assert low_stock(STAFF, [], 1, "2026-01-01").key != low_stock(STAFF, [], 1, "2026-01-02").key


async def test_who_wants_no_reminders_gets_none_of_any_cart(story: Story) -> None:
    """Until their account wants them again, whatever the carts say."""
    who = await customer(story)
    await story.as_(who).profile.update(mailings={Mailing.CART_REMINDER: False})
    await wishes(story, who)
    await story.passes(DAY + 1)
    none = await mails(story, "cart-reminder")
    await story.as_(who).profile.update(mailings={Mailing.CART_REMINDER: True})
    for wish in (False, True):
        await story.as_(who).cart.update(changes=CartChanges(remind=wish))
    await story.passes(DAY + 1)

    assert none == []
    assert len(await mails(story, "cart-reminder")) == 1

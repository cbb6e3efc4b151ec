"""A message is sent once, by mail or by telephone."""

from dataclasses import replace

import pytest
from msgspec import structs
from tests.stories import HOME, Story
from tests.unit.notifications.moods import DRAFT, Overtaken, delivering, reports, tally, texts

from shopcore.kernel.errors import ShopError, Unavailable
from shopcore.notifications.errors import (
    MailRefused,
    NeverConfirmed,
    TemplateBroken,
    Unconfirmed,
)
from shopcore.notifications.model import Draft, Message
from shopcore.notifications.ports import Ready, at_any_time

pytestmark = pytest.mark.anyio


async def test_a_message_that_was_sent_is_not_sent_again(story: Story) -> None:
    """To the same address; the job that asks for it again is done."""
    deliver, mailer = delivering(story)
    await deliver(DRAFT)
    await deliver(DRAFT)
    await deliver(structs.replace(DRAFT, to="new@example.com"))

    assert [message.to for message in mailer.taken] == ["ann@example.com", "new@example.com"]
    assert await tally(story) == [("password_changed", "sent", 2, 0)]


@pytest.mark.parametrize(("mood", "repeats"), [(Unconfirmed("gone"), 1), (Unavailable("not now"), 0)])
async def test_what_may_have_gone_twice_is_counted(story: Story, mood: ShopError, repeats: int) -> None:
    """That is after a try of which nobody knows how it ended, and not after one that surely failed."""
    deliver, mailer = delivering(story, mood)
    with pytest.raises(type(mood)):
        await deliver(DRAFT)
    await deliver(DRAFT)

    assert len(mailer.taken) == 1
    assert await tally(story) == [("password_changed", "sent", 1, repeats)]


async def test_what_could_not_even_begin_is_no_repeat(story: Story) -> None:
    """A server that is not there adds none, and hides none: what was open before is open still."""
    deliver, mailer = delivering(story, Unavailable("down"), Unconfirmed("gone"), Unavailable("down"))
    for asks_first in (False, True, False):
        mailer.asks_first = asks_first
        with pytest.raises(Unavailable):
            await deliver(DRAFT)
    before = await tally(story)
    mailer.asks_first = True
    await deliver(DRAFT)

    assert before == [("password_changed", "open", 1, 0)]
    assert await tally(story) == [("password_changed", "sent", 1, 1)]


async def test_of_two_at_once_the_slower_is_taken_back(story: Story) -> None:
    """Where the other has ended when its turn comes."""
    deliver, mailer = delivering(story)
    slow = replace(deliver, mailer=Overtaken(deliver))
    await slow(DRAFT)

    assert len(mailer.taken) == 1
    assert await tally(story) == [("password_changed", "sent", 1, 0)]


async def test_a_telephone_is_told_once_where_mail_is_refused(story: Story) -> None:
    """However often the mail is tried; nothing is told of what may be missed."""
    deliver, _ = delivering(story, MailRefused("550"), MailRefused("550"), MailRefused("550"))
    for draft in (DRAFT, DRAFT, structs.replace(DRAFT, key="other", phone=None)):
        with pytest.raises(MailRefused):
            await deliver(draft)

    assert texts(story) == ["To: +1 555 0100\n\nYour password was changed\n"]
    assert ("password_changed", "refused", 2, 0) in await tally(story)


async def test_a_telephone_is_told_once_where_mail_waits_for_long(story: Story) -> None:
    """Not before; and the mail comes as well, when it can."""
    deliver, mailer = delivering(story, *[Unavailable("down")] * 3)
    with pytest.raises(Unavailable):
        await deliver(DRAFT)
    early = texts(story)
    await story.passes(3_601)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await deliver(DRAFT)
    await deliver(DRAFT)

    assert early == []
    assert len(texts(story)) == len(mailer.taken) == 1


async def test_a_mail_that_is_never_confirmed_is_given_up(story: Story) -> None:
    """After three tries that may each have arrived: it is not sent for days, and a telephone is told, once."""
    deliver, mailer = delivering(story, *[Unconfirmed("gone")] * 9)
    for _ in range(2):
        with pytest.raises(Unconfirmed):
            await deliver(DRAFT)
    with pytest.raises(NeverConfirmed) as refusal:
        await deliver(DRAFT)

    assert refusal.value.is_final
    assert len(mailer.moods) == 6
    assert len(texts(story)) == 1
    assert await tally(story) == [("password_changed", "open", 1, 2), ("short_message", "sent", 1, 0)]


class Broken:
    """Templates that a merchant has broken."""

    def write(self, draft: Draft) -> Message:
        raise TemplateBroken(draft.kind)


async def test_a_telephone_is_told_where_the_templates_are_broken(story: Story) -> None:
    """In the shop's own words, once it has waited for long; the mail waits for whoever mends them."""
    deliver, mailer = delivering(story)
    broken = replace(deliver, templates=Broken())
    with pytest.raises(TemplateBroken):
        await broken(DRAFT)
    early = texts(story)
    await story.passes(901)
    for _ in range(2):
        with pytest.raises(TemplateBroken):
            await broken(DRAFT)
    await deliver(DRAFT)

    assert early == []
    assert texts(story) == ["To: +1 555 0100\n\nYour password was changed\n"]
    assert len(mailer.taken) == 1


class Unheard:
    """Telephones that nobody can be reached by."""

    async def send(self, key: str, phone: str, text: str, ready: Ready = at_any_time) -> None:
        raise Unavailable("no carrier")


async def test_a_refusal_is_remembered_where_no_telephone_is_reached(story: Story) -> None:
    """What was surely not taken is no possible copy, however often it is offered."""
    deliver, _ = delivering(story, *[MailRefused("550")] * 3)
    unheard = replace(deliver, short=Unheard())
    for _ in range(2):
        with pytest.raises(Unavailable, match="no carrier"):
            await unheard(DRAFT)
    with pytest.raises(MailRefused):
        await deliver(DRAFT)

    assert len(texts(story)) == 1
    assert await tally(story) == [("password_changed", "refused", 1, 0), ("short_message", "sent", 1, 0)]


async def test_a_failed_payment_is_told_by_telephone_too(story: Story) -> None:
    """To the number of the order's address, where its mail came back."""
    await reports(story, "bounced")
    await story.sell()
    guest = await story.cart()
    home = structs.replace(HOME, phone="+1 555 0199")
    story.bought(await story.reply(guest, "declined", shipping_address=home))
    await story.settles()

    assert [text.splitlines()[0] for text in texts(story)] == ["To: +1 555 0199"]
    assert await story.mails() == []

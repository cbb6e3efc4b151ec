"""The way of a message: once, not to where mail does not arrive, and by telephone where it must not be missed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs
from tests.stories import HOME, Story

from shopcore.kernel.actor import Guest, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput, ShopError, Unavailable
from shopcore.messages.errors import AddressNotTroubled
from shopcore.notifications.errors import (
    MailRefused,
    NeverConfirmed,
    TemplateBroken,
    Unconfirmed,
    UnknownProvider,
    UnsignedReport,
)
from shopcore.notifications.model import Draft, Message
from shopcore.notifications.ports import Ready, at_any_time
from shopcore.notifications.steps import Deliver
from shopcore.notifications.use_cases.receive_delivery_report import ReceiveDeliveryReport

pytestmark = pytest.mark.anyio

OLD, NEW, STRANGER = (f"whsec_{base64.b64encode(bytes([number] * 24)).decode()}" for number in (1, 2, 3))
DRAFT = Draft(
    key="password-changed/1",
    to="ann@example.com",
    kind="password_changed",
    facts={"link": None, "at": "now"},
    phone="+1 555 0100",
)


class Moody:
    """A mailer that meets each mail with the next of its moods, and takes it where there is none left."""

    def __init__(self, *moods: ShopError) -> None:
        self.moods = list(moods)
        self.taken: list[Message] = []
        self.asks_first = True

    async def send(self, message: Message, ready: Ready = at_any_time) -> None:
        if self.asks_first and not await ready():
            return
        if self.moods:
            raise self.moods.pop(0)
        self.taken.append(message)

    def is_down(self) -> bool:
        return False


class Overtaken:
    """A mailer that another try overtakes, whole, before it can begin."""

    def __init__(self, other: Deliver) -> None:
        self.other = other

    async def send(self, _message: Message, ready: Ready = at_any_time) -> None:
        await self.other(DRAFT)
        assert not await ready()

    def is_down(self) -> bool:
        return False


def delivering(story: Story, *moods: ShopError) -> tuple[Deliver, Moody]:
    """The shop's own way of messages, over such a mailer."""
    mailer = Moody(*moods)
    return replace(story.shop._cases.upkeep.send_order_mail.deliver, mailer=mailer), mailer


def texts(story: Story) -> list[str]:
    """What telephones were told."""
    return [file.read_text() for file in sorted(Path(story.place.settings.short_message_dir).glob("*.txt"))]


async def tally(story: Story) -> list[tuple[str, str, int, int]]:
    return [(one.kind, one.state.value, one.messages, one.repeats) for one in await story.staff.messages.tally()]


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


def signed(story: Story, body: bytes, *secrets: str, event_id: str = "r-1", late: float = 0) -> dict[str, str]:
    """The headers of a report (Standard Webhooks)."""
    stamp = str(int(story.clock.now().timestamp() - late))
    content = f"{event_id}.{stamp}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    made = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys]
    signature = " ".join(f"v1,{each}" for each in made)
    return {"Webhook-Id": event_id, "Webhook-Timestamp": stamp, "Webhook-Signature": signature}


def reporting(story: Story, secrets: Sequence[str] = (OLD, NEW)) -> ReceiveDeliveryReport:
    """The shop, with these secrets."""
    return replace(story.shop._cases.messages.report, secrets=secrets)


def report_of(kind: str, recipient: str = "Ann@Example.com") -> bytes:
    return json.dumps({"type": f"mail.{kind}", "recipient": recipient, "smtp": "550"}).encode()


async def reports(story: Story, kind: str, event_id: str = "r-1") -> None:
    body = report_of(kind)
    headers = signed(story, body, NEW, event_id=event_id)
    await reporting(story)(Guest(), provider="generic", body=body, headers=headers)


async def test_an_address_that_mail_came_back_from_is_not_written_to(story: Story) -> None:
    """Its owner's telephone is told what must not be missed; staff lift it when it works again."""
    await reports(story, "bounced")
    deliver, mailer = delivering(story)
    await deliver(DRAFT)
    withheld, told = list(mailer.taken), texts(story)
    with pytest.raises(Forbidden):
        await story.as_(Staff(name="x")).messages.lift(email="ann@example.com")
    await story.staff.messages.lift(email="ANN@example.com")
    await deliver(structs.replace(DRAFT, key="the next"))
    with pytest.raises(AddressNotTroubled):
        await story.staff.messages.lift(email="ann@example.com")

    assert (withheld, len(told)) == ([], 1)
    assert [message.key for message in mailer.taken] == ["the next"]
    assert ("password_changed", "withheld", 1, 0) in await tally(story)


async def test_a_complaint_ends_what_nobody_waits_for_and_nothing_else(story: Story) -> None:
    """Whoever calls a reminder spam still hears of their orders and of their password, by mail."""
    await reports(story, "complained")
    deliver, mailer = delivering(story)
    await deliver(structs.replace(DRAFT, key="reminder", phone=None, leave="https://shop.example/unsubscribe/token"))
    await deliver(DRAFT)

    assert ([message.key for message in mailer.taken], texts(story)) == ([DRAFT.key], [])
    assert await tally(story) == [("password_changed", "sent", 1, 0), ("password_changed", "withheld", 1, 0)]


async def test_delays_are_counted_once_each_and_keep_no_mail_back(story: Story) -> None:
    for event_id in ("r-1", "r-1", "r-2"):
        await reports(story, "delayed", event_id)
    (known,) = await story.staff.messages.troubled()
    deliver, mailer = delivering(story)
    await deliver(DRAFT)

    assert (known.delays, known.suppressed_by) == (2, None)
    assert "example" not in known.id
    assert len(mailer.taken) == 1


async def test_secrets_can_be_exchanged(story: Story) -> None:
    """Signed with the old one, the new one, or both side by side."""
    body = report_of("bounced")
    for number, secrets in enumerate([(OLD,), (NEW,), (STRANGER, NEW)]):
        headers = signed(story, body, *secrets, event_id=f"r-{number}")
        await reporting(story)(Guest(), provider="generic", body=body, headers=headers)

    assert len(await story.staff.messages.troubled()) == 1


async def test_a_report_that_nobody_signed_changes_nothing(story: Story) -> None:
    """By a stranger, of another body, of another time, or played again; and none is taken without a secret."""
    body, receive = report_of("bounced"), reporting(story)
    good = signed(story, body, NEW)
    minutes = timedelta(minutes=6).total_seconds()
    for headers in (
        {},
        signed(story, body, STRANGER),
        signed(story, body + b" ", NEW),
        signed(story, body, NEW, late=minutes),
        signed(story, body, NEW, late=-minutes),
        {**good, "Webhook-Id": "r-2"},
        {**good, "Webhook-Timestamp": "now"},
    ):
        with pytest.raises(UnsignedReport):
            await receive(Guest(), provider="generic", body=body, headers=headers)
    for provider, secrets in (("generic", ()), ("other", (NEW,))):
        with pytest.raises(UnknownProvider):
            await reporting(story, secrets)(Guest(), provider=provider, body=body, headers=good)

    assert await story.staff.messages.troubled() == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"type": "mail.bounced"}', b"\xff", report_of("bounced", "nobody")])
async def test_a_signed_report_that_is_none_is_refused(story: Story, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        await reporting(story)(Guest(), provider="generic", body=body, headers=signed(story, body, NEW))


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

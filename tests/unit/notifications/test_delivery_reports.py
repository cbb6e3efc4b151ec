"""What mail providers report of mails: signed, counted once, and heeded."""

from datetime import timedelta

import pytest
from msgspec import structs
from tests.stories import Story
from tests.unit.notifications.moods import (
    DRAFT,
    NEW,
    OLD,
    STRANGER,
    delivering,
    report_of,
    reporting,
    reports,
    signed,
    tally,
    texts,
)

from shopcore.kernel.actor import Guest, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput
from shopcore.messages.errors import AddressNotTroubled
from shopcore.notifications.errors import (
    UnknownProvider,
    UnsignedReport,
)

pytestmark = pytest.mark.anyio


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

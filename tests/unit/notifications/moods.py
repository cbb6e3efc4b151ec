"""A mailer with moods, a provider that reports of mails, and what a message came to."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.stories import Story

from shopcore.kernel.actor import Guest
from shopcore.kernel.errors import ShopError
from shopcore.notifications.model import Draft, Message
from shopcore.notifications.ports import Ready, at_any_time
from shopcore.notifications.steps import Deliver
from shopcore.notifications.use_cases.receive_delivery_report import ReceiveDeliveryReport

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


OLD, NEW, STRANGER = (f"whsec_{base64.b64encode(bytes([number] * 24)).decode()}" for number in (1, 2, 3))


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

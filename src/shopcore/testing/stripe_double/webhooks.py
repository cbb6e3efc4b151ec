"""Webhooks: signed in Stripe's way, sent at least once, late, twice or in another order on demand."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from shopcore.testing.stripe_double.account import Account
from shopcore.testing.stripe_double.forms import Json

SIGNATURE_HEADER = "Stripe-Signature"
Deliver: TypeAlias = Callable[[bytes, Mapping[str, str]], Awaitable[object]]
_AGAIN_AFTER = timedelta(seconds=5)
"""At first, and twice as long after each refusal: a shop that is down for a while is not down for good."""
_GIVEN_UP_AFTER = timedelta(days=3)
"""Source: Stripe's documentation, "Receive Stripe events in your webhook endpoint", on retries."""

_log = structlog.get_logger("shop.stripe_double")


def sign(body: bytes, at: datetime, *secrets: str) -> dict[str, str]:
    """The header over a raw body: the time, and one `v1` for each secret that is in force (rotation)."""
    stamp = str(int(at.timestamp()))
    macs = (hmac.digest(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hex() for secret in secrets)
    return {SIGNATURE_HEADER: ",".join((f"t={stamp}", *(f"v1={mac}" for mac in macs)))}


@dataclass
class _Letter:
    event: Json
    since: datetime
    due_at: datetime
    tries: int = 0

    def again(self, now: datetime) -> "_Letter":
        """The same after a refusal."""
        return replace(self, due_at=now + _AGAIN_AFTER * 2**self.tries, tries=self.tries + 1)


@dataclass
class Webhooks:
    """What is to be told to the shop. Nothing is sent unless somebody delivers."""

    account: Account
    secrets: list[str] = field(default_factory=lambda: ["whsec_double"])
    delay_seconds: float = 0.0
    copies: int = 1
    """How often each event is sent."""
    backwards: bool = False
    """Whether what is due is sent the newest first."""
    lost: set[str] = field(default_factory=set)
    """Types of events that are never sent."""
    given_up: list[Json] = field(default_factory=list)
    """Events that nobody took within the days in which they are sent."""
    _letters: list[_Letter] = field(default_factory=list)

    @property
    def pending(self) -> int:
        """How many are still to be sent, due or not."""
        self._take_over()
        return len(self._letters)

    def hasten(self) -> None:
        """Make all of it due now."""
        self._take_over()
        for letter in self._letters:
            letter.due_at = self.account.now()

    def signed(self, event: Json, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
        """An event's body and headers, as if it were sent at that moment, or now."""
        body = json.dumps(event, indent=2).encode()
        return body, sign(body, at or self.account.now(), *self.secrets)

    async def deliver_due(self, deliver: Deliver) -> int:
        """Send what is due; answers how many. What `deliver` raises means: again later."""
        self._take_over()
        now = self.account.now()
        due = [letter for letter in self._letters if letter.due_at <= now]
        for letter in reversed(due) if self.backwards else due:
            self._letters.remove(letter)
            try:
                await deliver(*self.signed(letter.event))
            except Exception as error:  # noqa: BLE001 - whoever sends does not care why
                _log.info("stripe_webhook_comes_again", tries=letter.tries, reason=type(error).__name__)
                if now - letter.since < _GIVEN_UP_AFTER:
                    self._letters.append(letter.again(now))
                else:
                    self.given_up.append(letter.event)
        return len(due)

    def _take_over(self) -> None:
        said, self.account.said = self.account.said, []
        due_at = self.account.now() + timedelta(seconds=self.delay_seconds)
        for event in said:
            if event["type"] not in self.lost:
                self._letters.extend(_Letter(event, due_at, due_at) for _ in range(self.copies))

"""The way of every message: once, not to where mail does not arrive, and by telephone where it must not be missed."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.sealing import Sealer
from shopcore.messages.model import RECIPIENT, SendingState
from shopcore.messages.model.sending import is_over
from shopcore.messages.model.troubles import withholds
from shopcore.messages.ports import SentMessages, TroubledAddresses
from shopcore.notifications.errors import (
    MailRefused,
    NeverConfirmed,
    TemplateBroken,
    Unconfirmed,
    Undeliverable,
)
from shopcore.notifications.model import Draft, Message
from shopcore.notifications.ports import Mailer, ShortMessages, Templates

_MOST_REPEATS = 2  # of a mail, by a server that takes it and does not say so: each may be a copy that somebody gets


@dataclass(slots=True)
class _Try:
    """One try of one message, which writes itself down in the moment in which it can no longer be taken back."""

    key: str
    kind: str
    sent: SentMessages
    clock: Clock
    may_go: bool | None = field(default=None, init=False)
    repeats: int = field(default=0, init=False)

    async def ready(self) -> bool:
        """Once, however many servers are asked: the one before has surely not taken it then."""
        if self.may_go is None:
            begun = await self.sent.begin(self.key, self.kind, self.clock.now())
            self.may_go, self.repeats = not is_over(begun), begun.repeats
        return self.may_go

    async def close(self, state: SendingState) -> None:
        await self.sent.close(self.key, self.kind, state, self.clock.now())

    async def fail(self) -> datetime:
        """It surely did not go. Answers when the first try failed."""
        if self.may_go is not None:
            await self.close(SendingState.WAITING)
        return (await self.sent.defer(self.key, self.kind, self.clock.now())).began_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Deliver:
    """Writes and sends one message, and remembers how that ended. Never inside a transaction.

    A row is written just before the content goes, and after it. A crash between the two leaves it open: the next try
    may be a second copy, which is counted, and which the receiving side knows by its Message-ID. So does a server that
    takes the content and does not answer; after three of those the mail is given up.

    `plain` are the shop's own templates, for what goes by telephone while a merchant's are broken.
    """

    templates: Templates
    plain: Templates
    mailer: Mailer
    short: ShortMessages
    sent: SentMessages
    addresses: TroubledAddresses
    sealer: Sealer
    clock: Clock
    patience: timedelta

    async def __call__(self, draft: Draft) -> None:
        """What was sent is not sent again. Raises as `Templates.write` and `Mailer.send`, and `NeverConfirmed`."""
        ids = self.sealer.blind_indexes(draft.to, RECIPIENT)
        one = _Try(f"{draft.key}/{ids[0]}", draft.kind, self.sent, self.clock)
        if await self._is_over(one):
            return
        message = await self._written(draft, one)
        known = await self.addresses.find(ids)
        if withholds(known, is_unasked=draft.leave is not None):
            await self._otherwise(draft, message)
            await one.close(SendingState.WITHHELD)
            return
        await self._send(draft, message, one)

    async def _written(self, draft: Draft, one: _Try) -> Message:
        try:
            return self.templates.write(draft)
        except TemplateBroken:
            await self._late(draft, self.plain.write(draft), one)
            raise

    async def _is_over(self, one: _Try) -> bool:
        known = await self.sent.find(one.key)
        return known is not None and is_over(known)

    async def _send(self, draft: Draft, message: Message, one: _Try) -> None:
        try:
            await self.mailer.send(message, one.ready)
        except Unconfirmed:  # it may have arrived: the row stays open
            await self._in_doubt(draft, message, one)
            raise
        except (MailRefused, Undeliverable):
            await one.close(SendingState.REFUSED)
            await self._otherwise(draft, message)
            raise
        except Unavailable:
            await self._late(draft, message, one)
            raise
        await one.close(SendingState.SENT)

    async def _in_doubt(self, draft: Draft, message: Message, one: _Try) -> None:
        if one.repeats:
            with suppress(Unavailable):
                await self._otherwise(draft, message)
        if one.repeats >= _MOST_REPEATS:
            raise NeverConfirmed

    async def _late(self, draft: Draft, message: Message, one: _Try) -> None:
        """It surely did not go; by telephone, if it has waited for too long."""
        if self.clock.now() - await one.fail() >= self.patience:
            with suppress(Unavailable):  # the mail's own failure is what is told; both are tried again
                await self._otherwise(draft, message)

    async def _otherwise(self, draft: Draft, message: Message) -> None:
        """By telephone, once, if this must not be missed and there is a number."""
        one = _Try(f"short/{draft.key}", "short_message", self.sent, self.clock)
        if draft.phone is None or await self._is_over(one):
            return
        try:
            await self.short.send(one.key, draft.phone, message.subject, one.ready)
        except Unconfirmed:
            raise
        except Unavailable:
            await one.fail()
            raise
        await one.close(SendingState.SENT)

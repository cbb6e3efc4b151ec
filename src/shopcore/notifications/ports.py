"""What notifications need: somebody who writes a mail, and ways to send it."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from shopcore.notifications.model import Draft, Message

Ready: TypeAlias = Callable[[], Awaitable[bool]]
"""Notes that from now on the receiving side may have it; answers whether it may still go."""


async def at_any_time() -> bool:
    """Whoever needs no note may send."""
    return True


class Mailer(Protocol):
    """Sends mail. Never called while a transaction is open."""

    async def send(self, message: Message, ready: Ready = at_any_time) -> None:
        """Hand the mail over; on return the receiving side has it durably.

        - MUST be safe to repeat under one `message.key`: the receiver sees one mail, by its Message-ID if not by the
          mailer.
        - MUST derive the Message-ID from the key alone.
        - MUST wait for `ready` when nothing but the content is left to be handed over, before any of it goes, and hand
          over nothing where it answers no or raises. One whose receiving side knows a key again need not ask.
        - MUST send to exactly one address and keep every value inside its own header, or raise `Undeliverable`.
        - MUST raise `MailRefused` where the receiving side refuses this mail for good, `Unconfirmed` where it may have
          taken it or not, and any other `Unavailable` where it surely has not: then it may be tried again.
        - MUST raise `NobodyAsked` only where it has asked nobody.
        """
        ...

    def is_down(self) -> bool:
        """Whether a mail that is sent at this moment would surely meet `NobodyAsked`. Asks nobody, takes no time."""
        ...


class Templates(Protocol):
    """Writes mails, in the shop's language and form."""

    def write(self, draft: Draft) -> Message:
        """The mail, with a text and an HTML part.

        - MUST keep every fact a text: in HTML it is no markup, in the subject and in the text no line of its own.
        - MUST write every kind in every language that it knows.
        - Raises `TemplateBroken` where a template or its words cannot be used.
        """
        ...


class ShortMessages(Protocol):
    """Sends short texts to telephones, where mail does not arrive. Never called while a transaction is open."""

    async def send(self, key: str, phone: str, text: str, ready: Ready = at_any_time) -> None:
        """Hand it over; safe to repeat under one key. Waits for `ready` and raises as `Mailer.send`."""
        ...

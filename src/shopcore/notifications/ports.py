"""What notifications need: somebody who writes a mail, and a way to send it."""

from typing import Protocol

from shopcore.notifications.model import Draft, Message


class Mailer(Protocol):
    """Sends mail. Never called while a transaction is open."""

    async def send(self, message: Message) -> None:
        """Hand the mail over; on return the receiving side has it durably.

        - MUST be safe to repeat under one `message.key`: the receiver sees one mail, by its Message-ID if not by the
          mailer.
        - MUST derive the Message-ID from the key alone.
        - MUST send to exactly one address and keep every value inside its own header, or raise `Undeliverable`.
        - MUST raise `MailRefused` where the receiving side refuses this mail for good, and `Unavailable` for every
          other failure, also one that leaves open whether the mail was taken: then it may be tried again.
        """
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

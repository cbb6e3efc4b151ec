"""One mail server, as something that letters are put into."""

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import idna
import msgspec
from aiosmtplib import SMTP, SMTPDataError, SMTPRecipientRefused, SMTPResponseException, SMTPSenderRefused

from shopcore.adapters.smtp.connections import Connection, Connections
from shopcore.adapters.smtp.errors import (
    FAILURES,
    Busy,
    Deferred,
    ServerDown,
    Unfit,
    advice_on,
    is_permanent,
    reply_of,
    speaks_of_all,
)
from shopcore.kernel.clock import Clock
from shopcore.kernel.deadline import seconds_left
from shopcore.kernel.errors import ShopError
from shopcore.notifications.errors import MailRefused, Unconfirmed, Undeliverable
from shopcore.notifications.model import Letter, Message, compose
from shopcore.notifications.ports import Ready

_UTF8 = ("SMTPUTF8", "BODY=8BITMIME")  # RFC 6531, 3.4 and 3.6
_TOO_BIG = 552  # RFC 1870, 6.1: said of the mail, although it is an answer to who sends it
_ANSWER_SECONDS = 600.0  # for what becomes of the content, where the caller has that long (RFC 5321, 4.5.3.2.6)
_LAST_SECONDS = 3.0  # of the caller's time, for noting how it ended: else a mail that was taken goes again
_DOMAIN = re.compile(r"(?<=@)[^@>]+(?=>?\Z)")


@dataclass(frozen=True, slots=True)
class _Deadlines:
    """On the clock of the event loop: for everything before the content, and for the answer to the content."""

    address: float
    content: float


class _Stale(Exception):
    """A connection that was kept turned out to be closed; nothing was handed over. This never leaves the file."""


class Postbox:
    """Hands letters to one server: what comes before the content within that many seconds, or less if who sends has
    less. The answer to the content is waited for as long as who sends can: what is not heard may have gone twice.
    """

    def __init__(self, name: str, connections: Connections, clock: Clock, seconds: float) -> None:
        self.name = name
        self._connections = connections
        self._clock = clock
        self._seconds = seconds

    async def put(self, message: Message, ready: Ready) -> None:
        """On return the server has it, or `ready` has answered that it is not to have it.

        Raises `Undeliverable` or `MailRefused`, after which this mail is not to be sent again, or `Deferred`, `Unfit`,
        `Busy`, `Unconfirmed` or `ServerDown`.
        """
        at = self._clock.now()
        compose(message, at)  # what cannot be a mail is refused before anybody is asked
        until = self._deadlines()
        try:
            await self._put(message, ready, at, until, fresh=False)
        except _Stale:
            await self._put(message, ready, at, until, fresh=True)

    async def close(self) -> None:
        """Let every connection go."""
        await self._connections.close()

    def _deadlines(self) -> _Deadlines:
        left = seconds_left(_ANSWER_SECONDS + _LAST_SECONDS, time.monotonic()) - _LAST_SECONDS
        if left <= 0:
            raise Busy("too little time was left to ask the mail server")
        now = asyncio.get_running_loop().time()
        return _Deadlines(now + min(self._seconds, left), now + left)

    async def _put(self, message: Message, ready: Ready, at: datetime, until: _Deadlines, *, fresh: bool) -> None:
        async with self._connections.one(until.address, fresh=fresh) as connection:
            refusal = await self._converse(connection, message, ready, at, until)
        if refusal is not None:
            raise refusal

    async def _converse(
        self, connection: Connection, message: Message, ready: Ready, at: datetime, until: _Deadlines
    ) -> ShopError | None:
        """One mail's part of a conversation. A refusal that leaves the connection good is answered, not raised."""
        try:
            async with asyncio.timeout_at(until.address):
                letter = await self._address(connection, message, at)
        except Unfit as refusal:
            return refusal
        except (SMTPSenderRefused, SMTPRecipientRefused) as error:
            return await self._refusal(connection, error)
        except FAILURES as error:
            raise self._lost(connection, error) from error
        if not await ready():
            with suppress(*FAILURES):
                await connection.client.rset()
            return None
        try:
            async with asyncio.timeout_at(until.content):
                await connection.client.data(letter.content, timeout=_ANSWER_SECONDS)
        except SMTPDataError as error:
            return await self._refusal(connection, error)
        except FAILURES as error:
            raise Unconfirmed(f"{self.name} {advice_on(error)}, and may have the mail or not") from error
        return None

    async def _address(self, connection: Connection, message: Message, at: datetime) -> Letter:
        """Everything before the content."""
        client = connection.client
        if connection.is_fresh:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        letter = _letter(message, at, client)
        is_plain = (letter.sender + letter.to).isascii()
        options, encoding = ((), "ascii") if is_plain else (_UTF8, "utf-8")
        try:
            await client.mail(letter.sender, options=options, encoding=encoding)
            await client.rcpt(letter.to, encoding=encoding)
        except ValueError:
            raise Undeliverable("address") from None
        return letter

    async def _refusal(self, connection: Connection, error: SMTPResponseException) -> ShopError:
        """What a reply means for the mail. One that does not let the shop send at all is raised."""
        of_sender = isinstance(error, SMTPSenderRefused) and is_permanent(error) and error.code != _TOO_BIG
        if of_sender or speaks_of_all(error):
            raise self._lost(connection, error) from error
        with suppress(*FAILURES):  # else the server has gone after its refusal, which stands
            await connection.client.rset()
        if is_permanent(error):
            return MailRefused(reply_of(error))
        return Deferred(f"{self.name} {advice_on(error)}")

    def _lost(self, connection: Connection, error: Exception) -> Exception:
        """A kept connection may have been closed by the other end at any time, which says nothing about the server."""
        if connection.is_fresh or isinstance(error, TimeoutError):
            return ServerDown(f"{self.name} {advice_on(error)}")
        return _Stale()


def _letter(message: Message, at: datetime, client: SMTP) -> Letter:
    """With addresses beyond ASCII as they are, where the server takes them; else with their domains in ASCII."""
    if client.supports_extension("smtputf8"):
        return compose(message, at)
    plain = msgspec.structs.replace(message, to=in_ascii(message.to), sender=in_ascii(message.sender))
    letter = compose(plain, at)
    if not (letter.sender + letter.to).isascii():
        raise Unfit("it takes no address beyond ASCII (RFC 6531)")
    return letter


def in_ascii(address: str) -> str:
    """With its domain in the letters of DNS (RFC 5891)."""
    found = _DOMAIN.search(address)
    if found is None or found[0].isascii():
        return address
    try:
        domain = idna.encode(found[0], uts46=True).decode("ascii")
    except UnicodeError:
        raise Undeliverable("address") from None
    return address[: found.start()] + domain + address[found.end() :]

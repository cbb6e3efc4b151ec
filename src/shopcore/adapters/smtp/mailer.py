"""Mail over SMTP (RFC 5321), through the first of several servers that is there."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from shopcore.adapters.smtp.connections import Connections
from shopcore.adapters.smtp.errors import Busy, Deferred, ServerDown, Unfit
from shopcore.adapters.smtp.postbox import Postbox, in_ascii
from shopcore.adapters.smtp.server import SmtpServer, client_of, trust
from shopcore.kernel.breaker import Breaker
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.notifications.errors import MailRefused, NobodyAsked, Unconfirmed
from shopcore.notifications.model import Message
from shopcore.notifications.ports import Ready, at_any_time

REST_SECONDS = 15.0  # between looks at a server that is down

_log = structlog.get_logger("shop.smtp")


class SmtpMailer:
    """Asks its servers in order. One that is down is passed over, and looked at again every 15 seconds.

    A refusal for good is the answer; another server is not asked for a second opinion. One that has no way to carry the
    mail is passed over, and if that is all of them the mail is refused for good. Nor is one asked where the first
    may have the mail already: the job tries again later, and whoever gets two sees one Message-ID.
    """

    def __init__(self, postboxes: Sequence[Postbox], now: Callable[[], float] = time.monotonic) -> None:
        self._ways = [(postbox, Breaker(now, rest_seconds=REST_SECONDS)) for postbox in postboxes]

    async def send(self, message: Message, ready: Ready = at_any_time) -> None:
        """See the port."""
        reasons: list[str] = []
        unfit: Unfit | None = None
        was_asked = False
        for postbox, breaker in self._ways:
            if breaker.is_open and not breaker.may_look():
                reasons.append(f"{postbox.name} is down")
                continue
            try:
                await self._send_through(postbox, breaker, message, ready)
            except Unfit as error:
                unfit = error
            except Busy as error:
                reasons.append(error.detail)
            except (Deferred, ServerDown) as error:
                was_asked = True
                reasons.append(error.detail)
            else:
                return
        if unfit is not None and not reasons:
            raise MailRefused(unfit.detail)
        if was_asked:
            raise Unavailable("; ".join(reasons), retry_after=REST_SECONDS)
        raise NobodyAsked("; ".join(reasons))

    def is_down(self) -> bool:
        """See the port: each of its servers is, and it is not time to look at one of them."""
        return all(breaker.is_resting for _, breaker in self._ways)

    async def close(self) -> None:
        """Let every connection go."""
        for postbox, _ in self._ways:
            await postbox.close()

    async def _send_through(self, postbox: Postbox, breaker: Breaker, message: Message, ready: Ready) -> None:
        try:
            await postbox.put(message, ready)
        except (ServerDown, Unconfirmed) as error:
            if isinstance(error, Unconfirmed):  # each of them: they are how many mails may have come twice
                _log.warning(error.code, server=postbox.name)
            if breaker.failed():
                _log.warning("mail_server_lost", server=postbox.name, reason=error.detail)
            raise
        except (MailRefused, Unfit):
            _answered(postbox, breaker)
            raise
        _answered(postbox, breaker)


def _answered(postbox: Postbox, breaker: Breaker) -> None:
    if breaker.worked():
        _log.info("mail_server_back", server=postbox.name)


@asynccontextmanager
async def opened(
    servers: Sequence[SmtpServer],
    clock: Clock,
    *,
    sender: str,
    ca_file: str | None = None,
    seconds: float,
    connections: int,
    now: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[SmtpMailer]:
    """The mailer, for as long as it is wanted; one mail to one server takes that many seconds at most.

    Nothing is connected yet, so a server that is down stops no shop. Raises `Unavailable` for a `ca_file` without
    certificates.
    """
    try:
        context = trust(ca_file)
    except OSError as error:
        raise Unavailable("SMTP_CA_FILE cannot be read as certificates in PEM") from error
    greeting = in_ascii(sender).rstrip(">").rpartition("@")[2]
    postboxes = [
        Postbox(
            server.name,
            Connections(client_of(server, context, greeting, seconds), connections),
            clock,
            seconds,
        )
        for server in servers
    ]
    mailer = SmtpMailer(postboxes, now)
    try:
        yield mailer
    finally:
        await mailer.close()

"""Connections to one mail server, kept for the next mail: a greeting, TLS and a password cost more than a mail does."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from aiosmtplib import SMTP

from shopcore.adapters.smtp.errors import FAILURES, Busy

IDLE_SECONDS = 30.0  # servers close a silent connection after minutes (RFC 5321, 4.5.3.2.7), some after less
MAILS = 100  # on one connection; many servers allow no more
_GOODBYE = 1.0  # seconds for the last words


@dataclass(slots=True)
class Connection:
    """A client, connected or not yet, and what it has done."""

    client: SMTP
    mails: int = 0
    used_at: float = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether no mail has gone over it."""
        return self.mails == 0


@dataclass(slots=True)
class _Line:
    """The connections of one event loop: they are of no use to another."""

    turns: asyncio.Semaphore
    mails: int  # on one connection
    kept: list[Connection] = field(default_factory=list)


class Connections:
    """At most `most` at a time for each event loop that sends mail; there is one of those as a rule.

    Kept are those of the loop in which this is made and closed. What is kept for another would outlive it.
    """

    def __init__(self, client: Callable[[], SMTP], most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._most = most
        self._now = now
        self._home = _Line(asyncio.Semaphore(most), mails=MAILS)
        self._loop = asyncio.get_running_loop()
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = WeakKeyDictionary()

    @asynccontextmanager
    async def one(self, until: float, *, fresh: bool = False) -> AsyncGenerator[Connection]:
        """A connection for one mail: one that was kept, unless it has to be fresh. Raises `Busy` where none is free
        `until` then, on the clock of the event loop.

        It is kept again if nothing goes wrong. What goes wrong closes it: its next reply may be to that.
        """
        line = self._line()
        await _turn(line, until)
        try:
            connection = self._kept(line, fresh=fresh) or Connection(self._client())
            try:
                yield connection
            except BaseException:
                connection.client.close()
                raise
            await self._keep(line, connection)
        finally:
            line.turns.release()

    async def close(self) -> None:
        """Say goodbye on every connection that is kept."""
        kept, self._home.kept = self._home.kept, []
        await asyncio.gather(*(_quit(each.client) for each in kept))

    def _line(self) -> _Line:
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return self._home
        if loop not in self._lines:
            self._lines[loop] = _Line(asyncio.Semaphore(self._most), mails=1)
        return self._lines[loop]

    def _kept(self, line: _Line, *, fresh: bool) -> Connection | None:
        """The one used last, so that those not needed grow old; what is too old is closed."""
        for each in [each for each in line.kept if not self._is_warm(each)]:
            line.kept.remove(each)
            each.client.close()
        return line.kept.pop() if line.kept and not fresh else None

    async def _keep(self, line: _Line, connection: Connection) -> None:
        connection.mails, connection.used_at = connection.mails + 1, self._now()
        if connection.client.is_connected and connection.mails < line.mails:
            line.kept.append(connection)
        else:
            await _quit(connection.client)

    def _is_warm(self, connection: Connection) -> bool:
        return connection.client.is_connected and self._now() - connection.used_at < IDLE_SECONDS


async def _turn(line: _Line, until: float) -> None:
    try:
        async with asyncio.timeout_at(until):
            await line.turns.acquire()
    except TimeoutError as error:
        raise Busy("every connection to the mail server is in use") from error


async def _quit(client: SMTP) -> None:
    with suppress(*FAILURES):
        await client.quit(timeout=_GOODBYE)
    client.close()

"""How the processes of one shop call each other: by publish and subscribe, on one connection each."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Any

import structlog
from redis.asyncio import Redis

from shopcore.adapters.redis.client import subscription
from shopcore.adapters.redis.errors import FAILURES, advice_on, as_lost
from shopcore.adapters.redis.link import Link
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.tracebacks import traceback_of

_ASK_EVERY = 1.0  # seconds of silence, after which Redis is asked whether it is still there
_SILENCE = 2.5  # seconds without a word: the connection is dead, whatever the system thinks of it
_PAUSES = (0.1, 0.2, 0.5, 1.0)  # seconds until the next try to listen, half of it by chance
_REST = 0.01  # seconds between two messages: a hundred a second say as much as ten thousand would

_log = structlog.get_logger("shop.redis")


class Signals:
    """Sends words to the other processes of the shop, and calls whoever waits for a word.

    A word may be lost. When `is_live` is true, this process has heard every word since `is_live` became so, or will
    notice within `_SILENCE`; each time it becomes true, everybody is called, since words may have been lost before.
    Made inside the event loop that it belongs to.
    """

    def __init__(self, link: Link, channel: str) -> None:
        self._link = link
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._me = os.urandom(8).hex().encode()
        self._handlers: dict[bytes, Callable[[], None]] = {}
        self._due: set[bytes] = set()
        self._sending: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._is_closing = False
        self.is_live = False
        self.was_lost = 0
        self._reason = ""

    @property
    def problem(self) -> str:
        """Why nothing is heard; empty while all is well, and where nobody listens."""
        return "" if self.is_live or not self._reason else f"{self._reason}; its signals are not heard"

    def on(self, word: bytes, call: Callable[[], None]) -> None:
        """Call this, in the loop, when another process sends the word."""
        self._handlers[word] = call

    def listen(self) -> None:
        """Begin to listen; while that lasts, further calls do nothing."""
        if self._listening is None or (self._listening.done() and not self._is_closing):
            self._listening = self._loop.create_task(self._listen_on(), name="redis signals", context=Context())

    def send(self, word: bytes) -> None:
        """Tell the other processes, soon. Safe from any thread; words that are the same and wait are one."""
        if threading.get_ident() == self._thread:
            self._note(word)
        else:
            with suppress(RuntimeError):  # the loop was closed: the process is about to end
                self._loop.call_soon_threadsafe(self._note, word)

    async def close(self) -> None:
        """Send what waits, and stop listening."""
        if self._sending is not None:
            await self._sending
        self._is_closing = True
        while self._listening is not None and not self._listening.done():
            # Again and again: a cancellation that meets a timeout inside the client can get lost (Python 3.11).
            self._listening.cancel()
            await asyncio.wait([self._listening], timeout=_ASK_EVERY / 2)

    def _note(self, word: bytes) -> None:
        self._due.add(word)
        if self._sending is None or self._sending.done():
            self._sending = self._loop.create_task(self._send_due(), name="redis words", context=Context())

    async def _send_due(self) -> None:
        while self._due:
            words, self._due = self._due, set()
            with suppress(Unavailable):  # a lost word is harmless: the others look by themselves, only later
                for word in words:
                    await self._link.ask(partial(_publish, self._channel, self._me + b":" + word))
            await asyncio.sleep(_REST)

    async def _listen_on(self) -> None:
        tries = 0
        while not self._is_closing:
            try:
                with as_lost():
                    await self._hear()
            except Exception as error:  # noqa: BLE001 - whatever it is: who stops listening would be deaf for ever
                if not isinstance(error, FAILURES):
                    _log.error("redis_signals_broken", exception=traceback_of(error))
                tries = 0 if self.is_live else tries + 1
                self._lost(advice_on(error))
            await asyncio.sleep(self._pause(tries))

    def _lost(self, reason: str) -> None:
        if self.is_live or reason != self._reason:
            _log.warning(
                "redis_signals_lost", reason=reason, meanwhile="pages ask the store, workers look by themselves"
            )
        self.was_lost += self.is_live
        self.is_live, self._reason = False, reason

    def _pause(self, tries: int) -> float:
        """Longer each time, and another one for each process, so that they do not all come back at once."""
        longest = _PAUSES[min(tries, len(_PAUSES) - 1)]
        return longest * (0.5 + self._me[tries % 16] % 64 / 128)

    async def _hear(self) -> None:
        async with await subscription(self._link.client) as heard:
            await heard.subscribe(self._channel)
            heard_at = time.monotonic()
            while not self._is_closing:
                message = await heard.get_message(timeout=_ASK_EVERY)
                now = time.monotonic()
                if message is not None:
                    heard_at = now
                    self._take(message)
                elif now - heard_at > _SILENCE:
                    raise TimeoutError
                else:
                    await heard.ping()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self.is_live = True
            _log.info("redis_signals_heard")
            for call in self._handlers.values():
                call()
        elif message["type"] == "message":
            sender, _, word = message["data"].partition(b":")
            if sender != self._me and (call_one := self._handlers.get(word)):
                call_one()


async def _publish(channel: str, message: bytes, client: Redis) -> None:
    await client.publish(channel, message)

"""The pretend bank's webhooks: signed, and delivered at least once."""

import contextlib
import hashlib
import hmac
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from shopcore.adapters.bogus.books import Books
from shopcore.adapters.bogus.entries import microseconds
from shopcore.kernel.clock import Clock
from shopcore.payments.errors import BadSignature, GatewayUnavailable

_log = structlog.get_logger("shop.bogus")

SIGNATURE_HEADER = "bogus-signature"
TOLERANCE_SECONDS = 300  # a recorded webhook is of no use to anybody after this
Deliver: TypeAlias = Callable[[bytes, Mapping[str, str]], Awaitable[object]]

_BATCH = 50
_FIRST_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 60.0
_MAX_ATTEMPTS = 30  # most of half an hour; then a bank gives up, and the shop's own look-ups have to find out

_ANY_DUE = "SELECT 1 FROM deliveries WHERE NOT delivered AND due_at <= ? LIMIT 1"
_DUE = "SELECT id, body, attempts FROM deliveries WHERE NOT delivered AND due_at <= ? ORDER BY due_at, id LIMIT ?"
_TRY = "UPDATE deliveries SET attempts = attempts + 1, due_at = ?, delivered = attempts + 1 > ? WHERE id = ?"
_DONE = "UPDATE deliveries SET delivered = 1 WHERE id = ?"


def sign(secret: bytes, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of a webhook: HMAC-SHA256 over the time in seconds and the raw body."""
    stamp = str(int(at.timestamp()))
    return {SIGNATURE_HEADER: f"t={stamp},v1={_mac(secret, stamp, body)}"}


def verify(secret: bytes, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Raises `BadSignature` for another secret or body, or for a time more than five minutes away from `now`."""
    header = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER), "")
    stamp, _, signature = header.removeprefix("t=").partition(",v1=")
    if not hmac.compare_digest(signature.encode(errors="replace"), _mac(secret, stamp, body).encode()):
        raise BadSignature
    if abs(age := now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise BadSignature.out_of_time(age)


def _mac(secret: bytes, stamp: str, body: bytes) -> str:
    return hmac.digest(secret, stamp.encode(errors="replace") + b"." + body, hashlib.sha256).hex()


class Deliverer:
    """Sends what is due, in every process that runs workers; each takes a batch for itself before it sends it."""

    def __init__(self, books: Books, clock: Clock, secret: bytes, poll_seconds: float = 0.1) -> None:
        self._books = books
        self._clock = clock
        self._secret = secret
        self._poll_seconds = poll_seconds

    async def run_deliveries(self, deliver: Deliver) -> None:
        """Deliver until cancelled. `deliver` takes raw body and headers; what it raises means: try again later."""
        while True:
            with contextlib.suppress(GatewayUnavailable):  # its books are busy: look again, as always
                if await self.deliver_due(deliver):
                    continue
            await self._clock.sleep(self._poll_seconds)

    async def deliver_due(self, deliver: Deliver) -> int:
        """Try what is due now, oldest first; answers how many were tried. One is done only when `deliver` returned."""
        due = await self._take_due(microseconds(self._clock.now()))
        for delivery_id, body in due:
            headers = sign(self._secret, body, self._clock.now())
            try:
                await deliver(body, headers)
            except Exception as error:  # noqa: BLE001 - a bank does not care why; it comes again
                _log.info("bogus_webhook_comes_again", reason=type(error).__name__)
                continue
            await self._mark_delivered(delivery_id)
        return len(due)

    async def _mark_delivered(self, delivery_id: int) -> None:
        await self._books.write(lambda connection: connection.execute(_DONE, (delivery_id,)))

    async def _take_due(self, now: int) -> Sequence[tuple[int, bytes]]:
        """Looking takes no lock, so that idle processes do not stand in each other's way."""
        if not await self._books.read(lambda connection: connection.execute(_ANY_DUE, (now,)).fetchone()):
            return ()
        return await self._books.write(lambda connection: _take(connection, now))


def _take(connection: sqlite3.Connection, now: int) -> Sequence[tuple[int, bytes]]:
    """Push each back before it is sent: a process that dies with it has only delayed it."""
    taken = connection.execute(_DUE, (now, _BATCH)).fetchall()
    again = [(now + _back_off(attempts), _MAX_ATTEMPTS, delivery_id) for delivery_id, _, attempts in taken]
    connection.executemany(_TRY, again)
    return [(delivery_id, body) for delivery_id, body, _ in taken]


def _back_off(attempts: int) -> int:
    seconds = min(_FIRST_RETRY_SECONDS * 2**attempts, _LONGEST_RETRY_SECONDS)
    return timedelta(seconds=seconds) // timedelta(microseconds=1)

"""Idempotency keys, as Stripe documents them for its API v1.

A key's first answer is kept and given again, declines and server errors included, from the moment the endpoint begins:
what failed validation is not kept. The same key with other parameters is refused, one in use conflicts, and after a day
a key is forgotten.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopcore.testing.stripe_double.errors import Refusal
from shopcore.testing.stripe_double.forms import Json

LIFETIME = timedelta(hours=24)
_LONGEST = 255


@dataclass
class Answer:
    """A status and a body, as they were given first."""

    status: int
    body: bytes
    is_replayed: bool = False


@dataclass
class _Kept:
    fingerprint: str
    at: datetime
    answer: Answer | None = None


class Keys:
    """What was asked under each key, and what was answered."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: dict[str, _Kept] = {}

    async def answer(self, key: str | None, asked: tuple[str, Json], act: Callable[[], Awaitable[Answer]]) -> Answer:
        """Act once per key; without a key, act. Raises `Refusal` for a key that cannot be used like this."""
        if key is None:
            return await act()
        if not 1 <= len(key) <= _LONGEST:
            raise Refusal(400, "invalid_request_error", f"Idempotency keys may have up to {_LONGEST} characters.")
        fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        known = self._known(key)
        if known is not None:
            return _again(known, fingerprint)
        self._kept[key] = begun = _Kept(fingerprint, self._now())
        try:
            begun.answer = await act()
        except Refusal as refusal:
            if not refusal.is_kept:
                raise
            begun.answer = Answer(refusal.status, json.dumps(refusal.body).encode())
        finally:
            if begun.answer is None:
                del self._kept[key]
        return begun.answer

    def _known(self, key: str) -> _Kept | None:
        known = self._kept.get(key)
        if known is not None and known.answer is not None and self._now() - known.at >= LIFETIME:
            del self._kept[key]
            return None
        return known


def _again(known: _Kept, fingerprint: str) -> Answer:
    if known.fingerprint != fingerprint:
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        raise Refusal(400, "idempotency_error", message)
    if known.answer is None:
        message = "There is currently another in-progress request using this Idempotent Key."
        raise Refusal(409, "idempotency_error", message, code="idempotency_key_in_use")
    return Answer(known.answer.status, known.answer.body, is_replayed=True)

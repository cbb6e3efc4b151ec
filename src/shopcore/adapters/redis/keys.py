"""The names under which a shop keeps things in Redis.

`shop:v1:<shop>:<what>:{<which>}`. The version changes with the form of what is kept, so that two releases of the shop
never read each other's. `<shop>` is made of the shop's signing key: a test shop on the same Redis shares nothing with
the real one. What stands in braces alone decides the slot of a Redis Cluster (its "hash tag"). Callers are digested
under a key: nobody learns addresses from the names.
"""

import hashlib
from datetime import timedelta
from functools import lru_cache

VERSION = "v1"
PAGE_LIFETIME = timedelta(seconds=1)
PROBE_LIFETIME = timedelta(seconds=10)
_REMEMBERED = 4_096  # names of callers


class Keys:
    """The names of one shop. `secret` is 32 bytes that all processes of the shop have, and nobody else."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.limit = lru_cache(_REMEMBERED)(self._limit)
        self._prefix = f"shop:{VERSION}:{hashlib.blake2b(b'shop', key=secret, digest_size=4).hexdigest()}"

    @property
    def events(self) -> str:
        """The stream of events; bounded by its length instead of a lifetime."""
        return f"{self._prefix}:{{events}}"

    @property
    def signals(self) -> str:
        """The channel on which processes call each other."""
        return f"{self._prefix}:{{signals}}"

    @property
    def probe(self) -> str:
        """What is written to see whether writing works; lives for `PROBE_LIFETIME`."""
        return f"{self._prefix}:{{probe}}"

    def _limit(self, key: str, window_seconds: float) -> str:
        """The hits of one caller; lives for a little longer than the window."""
        return f"{self._prefix}:limit:{{{self._digest(f'{window_seconds}/{key}'.encode())}}}"

    def page(self, key: bytes, revision: int) -> str:
        """A page of one revision of the catalogue; lives for `PAGE_LIFETIME`."""
        return f"{self._prefix}:page:{{{self._digest(b'%d/%b' % (revision, key))}}}"

    def _digest(self, text: bytes) -> str:
        return hashlib.blake2b(text, key=self._secret, digest_size=16).hexdigest()

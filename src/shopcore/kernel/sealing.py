"""Personal data at rest, and things the shop signs for itself."""

import hashlib
from typing import Protocol


class Sealer(Protocol):
    """Authenticated encryption with a key id in every sealed value, and a keyed index for exact look-ups."""

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt for storage. `context` names the place (`orders/<id>/contact`) and is authenticated, not stored."""
        ...

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises `Unsealable` if the value, the place or the key is not the right one."""
        ...

    def blind_index(self, value: str, context: str) -> str:
        """A keyed, deterministic digest for look-ups by equality; `value` is in its normal form already."""
        ...


class Signer(Protocol):
    """Message authentication for what leaves the shop and comes back: cursors, order tokens."""

    def sign(self, message: bytes, context: str) -> bytes:
        """A MAC of at least 128 bits over context and message; the caller compares in constant time."""
        ...


class Unsealable(Exception):
    """A stored personal value cannot be read: an incident (lost key, tampered file), not an answer."""


def token_hash(token: str) -> str:
    """How a secret token is stored: SHA-256 suffices, since the token has 128 random bits or more (no guessing)."""
    return hashlib.sha256(token.encode()).hexdigest()

"""Personal data at rest, and things the shop signs for itself."""

import hashlib
from collections.abc import Sequence
from typing import Protocol


class Sealer(Protocol):
    """Authenticated encryption with a key id in every sealed value, and a keyed index for exact look-ups.

    Several keys of both kinds may be held at once, while one takes another's place.
    """

    @property
    def sealing_keys(self) -> Sequence[str]:
        """The ids of the keys that unseal; the first one seals."""
        ...

    @property
    def index_keys(self) -> Sequence[str]:
        """The ids of the keys of blind indexes, the first one's first. An id tells nothing of its key."""
        ...

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt for storage. `context` names the place (`orders/<id>/contact`) and is authenticated, not stored."""
        ...

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises `Unsealable` if the value, the place or the key is not the right one."""
        ...

    def sealed_with(self, sealed: bytes) -> str:
        """The id of the key that a value is sealed with. Raises `Unsealable` for what is no sealed value."""
        ...

    def blind_index(self, value: str, context: str) -> str:
        """A keyed, deterministic digest for look-ups by equality; `value` is in its normal form already.

        By the first key: what is written where nothing has to be unique.
        """
        ...

    def blind_indexes(self, value: str, context: str) -> Sequence[str]:
        """The digest by each key, the first one's first: what is looked for, and what is written where it is unique."""
        ...


class Signer(Protocol):
    """Message authentication for what leaves the shop and comes back: cursors, order tokens."""

    def sign(self, message: bytes, context: str) -> bytes:
        """A MAC of at least 128 bits over context and message, by the first key."""
        ...

    def signatures(self, message: bytes, context: str) -> Sequence[bytes]:
        """The MACs by each key, the first one's first: for what the shop makes a second time, while keys change."""
        ...

    def verifies(self, mac: bytes, message: bytes, context: str) -> bool:
        """Whether that is a MAC of these, or its first 128 bits or more, by any key; compared in constant time."""
        ...


class Unsealable(Exception):
    """A stored personal value cannot be read: an incident (lost key, tampered file), not an answer."""


def token_hash(token: str) -> str:
    """How a secret token is stored: SHA-256 suffices, since the token has 128 random bits or more (no guessing)."""
    return hashlib.sha256(token.encode()).hexdigest()

"""Personal data sealed by AES-256-GCM, and HMAC-SHA256 for look-ups and signatures.

A sealed value is `version (1) | length of kid (1) | kid | nonce (12) | ciphertext and tag`. What stands
before the nonce, and the context, are authenticated too. Nonces are random, so one key is good for 2**32 values (NIST
SP 800-38D, 8.3).
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shopcore.adapters.local.keys import KeyRing
from shopcore.kernel.sealing import Unsealable

_VERSION = 1
_NONCE_BYTES = 12
_TAG_BYTES = 16
_INDEX_ID_BYTES = 6
_LEAST_MAC_BYTES = 16
_INDEX_BYTES = 16  # 128 bits: no two e-mail addresses of one shop share an index, and none is told by its length


class AesGcmSealer:
    """Seals with the first key of the ring, unseals with whichever key the value names."""

    def __init__(self, keys: KeyRing) -> None:
        self._ciphers = {kid: AESGCM(key) for kid, key in keys.sealing.items()}
        self._active = next(iter(keys.sealing))
        self._index_keys = keys.index_keys

    @property
    def sealing_keys(self) -> Sequence[str]:
        """As they were named."""
        return tuple(self._ciphers)

    @property
    def index_keys(self) -> Sequence[str]:
        """Made of the keys, which have no names: eight URL-safe characters each."""
        return tuple(_text(_mac(key, b"", "the id of an index key")[:_INDEX_ID_BYTES]) for key in self._index_keys)

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt under the active key, bound to `context`."""
        header = _header(self._active)
        nonce = os.urandom(_NONCE_BYTES)
        return header + nonce + self._ciphers[self._active].encrypt(nonce, plain, header + context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises `Unsealable`, which says why but never what."""
        kid, header = _read_header(sealed)
        cipher = self._ciphers.get(kid)
        if cipher is None:
            raise Unsealable(f"{context} is sealed with the key {kid!r}, which this shop does not hold")
        nonce, ciphertext = sealed[len(header) :][:_NONCE_BYTES], sealed[len(header) + _NONCE_BYTES :]
        if len(ciphertext) < _TAG_BYTES:
            raise Unsealable(f"{context} is cut short")
        try:
            return cipher.decrypt(nonce, ciphertext, header + context.encode())
        except InvalidTag:
            raise Unsealable(f"{context} was changed, moved, or sealed with another key named {kid!r}") from None

    def sealed_with(self, sealed: bytes) -> str:
        """As it names it; whether it is so, unsealing tells."""
        return _read_header(sealed)[0]

    def blind_index(self, value: str, context: str) -> str:
        """A keyed digest of 128 bits, as 22 URL-safe characters."""
        return _index(self._index_keys[0], value, context)

    def blind_indexes(self, value: str, context: str) -> Sequence[str]:
        """One of each key."""
        return tuple(_index(key, value, context) for key in self._index_keys)


class HmacSigner:
    """HMAC-SHA256 over context and message."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys.signing_keys

    def sign(self, message: bytes, context: str) -> bytes:
        """A MAC of 256 bits."""
        return _mac(self._keys[0], message, context)

    def signatures(self, message: bytes, context: str) -> Sequence[bytes]:
        """One of each key."""
        return tuple(_mac(key, message, context) for key in self._keys)

    def verifies(self, mac: bytes, message: bytes, context: str) -> bool:
        """By any of the keys, in a time that tells nothing of the MAC."""
        made = [each[: len(mac)] for each in self.signatures(message, context)]
        return len(mac) >= _LEAST_MAC_BYTES and True in [hmac.compare_digest(mac, each) for each in made]


def _mac(key: bytes, message: bytes, context: str) -> bytes:
    """The context goes in with its length, so that no two pairs of context and message are the same bytes."""
    named = context.encode()
    return hmac.digest(key, len(named).to_bytes(4, "big") + named + message, hashlib.sha256)


def _index(key: bytes, value: str, context: str) -> str:
    return _text(_mac(key, value.encode(), context)[:_INDEX_BYTES])


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _header(kid: str) -> bytes:
    named = kid.encode()
    return bytes((_VERSION, len(named))) + named


def _read_header(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < 2 or sealed[0] != _VERSION:
        raise Unsealable("this is not a sealed value of a format that this version knows")
    header = sealed[: 2 + sealed[1]]
    return header[2:].decode(errors="replace"), header

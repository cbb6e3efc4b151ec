"""An authenticator in software, for tests: it makes passkeys and signs with them as browsers have it (ES256), and lies
wherever it is told to.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shopcore.identity.model import Assertion, Attestation

_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP, _ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def base64url(raw: bytes) -> str:
    """Without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class Lies:
    """What an answer is to say instead of the truth; what is None is told as it is."""

    origin: str | None = None
    domain: str | None = None
    challenge: str | None = None
    kind: str | None = None
    credential: bytes | None = None
    user_handle: str | None = None
    counter: int | None = None
    signed_by: Callable[[bytes], bytes] | None = None
    algorithm: int | None = None
    cross_origin: bool = False
    is_present: bool = True
    is_verified: bool = True


HONEST = Lies()


@dataclass
class Authenticator:
    """One passkey. `public_point` is its P-256 key as x and y, `sign` makes a DER signature over what it is given by
    ECDSA with SHA-256; `identity` is the credential's id. One that is `synced` never counts.
    """

    origin: str
    public_point: tuple[bytes, bytes]
    sign: Callable[[bytes], bytes]
    identity: bytes
    synced: bool = False
    counter: int = 0
    user_handle: str | None = field(default=None, init=False)

    @property
    def credential(self) -> str:
        """The credential's id, as it is sent."""
        return base64url(self.identity)

    def make(self, options: dict[str, Any], lies: Lies = HONEST) -> Attestation:
        """What `navigator.credentials.create` gives for these options."""
        self.user_handle = options["user"]["id"]
        key = _cose_key(*self.public_point, lies.algorithm or -7)
        identity = lies.credential or self.identity
        attested = bytes(16) + len(identity).to_bytes(2, "big") + identity + key
        data = self._data(options["rp"]["id"], lies, attested)
        attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData" + _cbor_bytes(data)
        return Attestation(
            credential=self.credential,
            client_data=base64url(self._client_data("webauthn.create", options, lies)),
            attestation_object=base64url(attestation),
            transports=("internal",),
        )

    def use(self, options: dict[str, Any], lies: Lies = HONEST) -> Assertion:
        """What `navigator.credentials.get` gives for these options."""
        if not self.synced:
            self.counter += 1
        client_data = self._client_data("webauthn.get", options, lies)
        data = self._data(options["rpId"], lies)
        sign = lies.signed_by or self.sign
        return Assertion(
            credential=base64url(lies.credential) if lies.credential else self.credential,
            client_data=base64url(client_data),
            authenticator_data=base64url(data),
            signature=base64url(sign(data + hashlib.sha256(client_data).digest())),
            user_handle=lies.user_handle if lies.user_handle is not None else self.user_handle,
        )

    def _client_data(self, kind: str, options: dict[str, Any], lies: Lies) -> bytes:
        said = {
            "type": lies.kind or kind,
            "challenge": lies.challenge or options["challenge"],
            "origin": lies.origin or self.origin,
            "crossOrigin": lies.cross_origin,
        }
        return json.dumps(said).encode()

    def _data(self, domain: str, lies: Lies, attested: bytes = b"") -> bytes:
        flags = (_PRESENT if lies.is_present else 0) | (_VERIFIED if lies.is_verified else 0)
        flags |= (_ELIGIBLE | _BACKED_UP if self.synced else 0) | (_ATTESTED if attested else 0)
        counter = self.counter if lies.counter is None else lies.counter
        site = hashlib.sha256((lies.domain or domain).encode()).digest()
        return site + bytes([flags]) + counter.to_bytes(4, "big") + attested


def _cose_key(x: bytes, y: bytes, algorithm: int) -> bytes:
    """An EC2 key on P-256 (RFC 9053, 7.1.1) in CBOR."""
    number = bytes([0x20 - algorithm - 1]) if algorithm >= -24 else b"\x39" + (-algorithm - 1).to_bytes(2, "big")
    return b"\xa5\x01\x02\x03" + number + b"\x20\x01\x21" + _cbor_bytes(x) + b"\x22" + _cbor_bytes(y)


def _cbor_bytes(raw: bytes) -> bytes:
    """A byte string (RFC 8949, 3.1)."""
    size = len(raw)
    head = bytes([0x40 + size]) if size < 24 else b"\x58" + bytes([size]) if size < 256 else b"\x59" + size.to_bytes(2)
    return head + raw

"""Access tokens as JWTs (RFC 7519) by EdDSA over Ed25519 (RFC 8037), in the manner of RFC 9068 and RFC 8725."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shopcore.identity.errors import InvalidAccessToken
from shopcore.identity.model import AccessClaims, Claims, ClientClaims
from shopcore.kernel.ids import CustomerId, SessionId

_ALGORITHM = "EdDSA"
_TYPE = "at+jwt"
_LONGEST = 4_096  # ours have some 500 characters
# Times are judged by the core, which has a clock of its own.
_OPTIONS: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["sub", "iat", "exp"]}


class _Payload(msgspec.Struct, kw_only=True):
    """The claims, by the names of RFC 7519, RFC 8176 (`amr`), RFC 9068 and OpenID Connect (`sid`, `auth_time`).

    There is a `sid` where a person is behind it; what a client was given in its own name has a `jti` in its place.
    """

    sub: str
    iat: int
    exp: int
    sid: str = ""
    jti: str = ""
    auth_time: int = 0
    amr: tuple[str, ...] = ()
    client_id: str = ""
    scope: str = ""


class EdDsaAccessTokens:
    """Signs with the first of the seeds, and reads what any of them has signed."""

    def __init__(self, seeds: Sequence[bytes], issuer: str) -> None:
        private = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self._signing = private[0]
        self._public = {_kid(key.public_key()): key.public_key() for key in private}
        self._active = next(iter(self._public))
        self._issuer = issuer

    def issue(self, claims: Claims) -> str:
        """See the port."""
        payload = {
            "iss": self._issuer,
            "aud": self._issuer,
            "iat": _seconds(claims.issued_at),
            "exp": _seconds(claims.expires_at),
            **_subject(claims),
            **({"client_id": claims.client_id, "scope": " ".join(claims.scopes)} if claims.client_id else {}),
        }
        headers = {"kid": self._active, "typ": _TYPE}
        return jwt.encode(payload, self._signing, algorithm=_ALGORITHM, headers=headers)

    def read(self, token: str) -> Claims:
        """See the port. `kid` is looked up among the keys at hand and is nothing else: no path, no query."""
        try:
            header = jwt.get_unverified_header(token[: _LONGEST + 1])
            key = self._public.get(header.get("kid", ""))
            if key is None or header.get("typ") != _TYPE or len(token) > _LONGEST:
                raise InvalidAccessToken
            decoded = jwt.decode(
                token, key, algorithms=[_ALGORITHM], issuer=self._issuer, audience=self._issuer, options=_OPTIONS
            )
            return _claims(msgspec.convert(decoded, _Payload))
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError, OverflowError):
            raise InvalidAccessToken from None

    def public_keys(self) -> Sequence[Mapping[str, str]]:
        """See the port."""
        return [
            {"kty": "OKP", "crv": "Ed25519", "x": _x(key), "kid": kid, "use": "sig", "alg": _ALGORITHM}
            for kid, key in self._public.items()
        ]


def _kid(key: Ed25519PublicKey) -> str:
    """The thumbprint of RFC 7638, so that servers that share a key share its name."""
    canonical = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": _x(key)}, separators=(",", ":"), sort_keys=True)
    return _text(hashlib.sha256(canonical.encode()).digest())


def _x(key: Ed25519PublicKey) -> str:
    return _text(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _subject(claims: Claims) -> dict[str, Any]:
    if isinstance(claims, ClientClaims):
        return {"sub": claims.client_id, "jti": claims.grant_id}
    return {
        "sub": claims.customer_id,
        "sid": claims.session_id,
        "auth_time": _seconds(claims.authenticated_at),
        "amr": list(claims.methods),
    }


def _claims(payload: _Payload) -> Claims:
    issued_at, expires_at = datetime.fromtimestamp(payload.iat, UTC), datetime.fromtimestamp(payload.exp, UTC)
    scopes = tuple(payload.scope.split())
    if not payload.sid:
        if not payload.jti or payload.client_id != payload.sub:
            raise InvalidAccessToken
        return ClientClaims(
            client_id=payload.client_id,
            grant_id=payload.jti,
            issued_at=issued_at,
            expires_at=expires_at,
            scopes=scopes,
        )
    return AccessClaims(
        customer_id=CustomerId(payload.sub),
        session_id=SessionId(payload.sid),
        issued_at=issued_at,
        expires_at=expires_at,
        authenticated_at=datetime.fromtimestamp(payload.auth_time, UTC),
        methods=payload.amr,
        client_id=payload.client_id,
        scopes=scopes,
    )

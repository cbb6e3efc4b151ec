"""Passkeys, verified by the `webauthn` library."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import webauthn
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_client_data_json,
)
from webauthn.helpers.cose import COSEKTY, COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    CredentialDeviceType,
    RegistrationCredential,
)

from shopcore.identity.errors import InvalidPasskey, PasskeyCopied
from shopcore.identity.model import Assertion, Attestation, NewKey, Passkey, Use
from shopcore.identity.model.passkeys import ALGORITHMS

T = TypeVar("T")

_ALGORITHMS = [COSEAlgorithmIdentifier(number) for number in ALGORITHMS]
_KINDS = {
    COSEAlgorithmIdentifier.EDDSA: COSEKTY.OKP,
    COSEAlgorithmIdentifier.ECDSA_SHA_256: COSEKTY.EC2,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256: COSEKTY.RSA,
}
_LONGEST_ID = 1023  # bytes of a credential id (WebAuthn Level 3, 7.1, step 25)
_SHORTEST_ID = 16


class WebauthnPasskeys:
    """`domain` is the relying party's id, `origins` are the pages where passkeys may be made and used."""

    def __init__(self, domain: str, origins: Sequence[str]) -> None:
        self._domain = domain
        self._origins = list(origins)

    @property
    def domain(self) -> str:
        """See the port."""
        return self._domain

    def challenge_in(self, client_data: str) -> bytes:
        """See the port."""
        return _verified(lambda: _client_data(client_data)[1])

    def made(self, attestation: Attestation, challenge: bytes) -> NewKey:
        """See the port."""
        return _verified(lambda: self._made(attestation, challenge))

    def used(self, passkey: Passkey, assertion: Assertion, challenge: bytes) -> Use:
        """See the port."""
        return _verified(lambda: self._used(passkey, assertion, challenge))

    def _made(self, attestation: Attestation, challenge: bytes) -> NewKey:
        identity = _bytes(attestation.credential)
        client_data, _ = _client_data(attestation.client_data)
        verified = webauthn.verify_registration_response(
            credential=RegistrationCredential(
                id=attestation.credential,
                raw_id=identity,
                response=AuthenticatorAttestationResponse(
                    client_data_json=client_data, attestation_object=_bytes(attestation.attestation_object)
                ),
            ),
            expected_challenge=challenge,
            expected_rp_id=self._domain,
            expected_origin=self._origins,
            supported_pub_key_algs=_ALGORITHMS,
        )
        _require_usable(verified.credential_public_key)
        if verified.credential_id != identity or not _SHORTEST_ID <= len(identity) <= _LONGEST_ID:
            raise InvalidPasskey
        return NewKey(
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            synced=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        )

    def _used(self, passkey: Passkey, assertion: Assertion, challenge: bytes) -> Use:
        if assertion.credential != passkey.credential:
            raise InvalidPasskey
        client_data, _ = _client_data(assertion.client_data)
        verified = webauthn.verify_authentication_response(
            credential=AuthenticationCredential(
                id=assertion.credential,
                raw_id=_bytes(assertion.credential),
                response=AuthenticatorAssertionResponse(
                    client_data_json=client_data,
                    authenticator_data=_bytes(assertion.authenticator_data),
                    signature=_bytes(assertion.signature),
                ),
            ),
            expected_challenge=challenge,
            expected_rp_id=self._domain,
            expected_origin=self._origins,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # looked at below: the library does before it has verified the signature
        )
        if verified.new_sign_count <= passkey.sign_count != 0:
            raise PasskeyCopied(passkey.id)
        return Use(sign_count=verified.new_sign_count, user_verified=verified.user_verified)


def _require_usable(public_key: bytes) -> None:
    """Of the kind that its algorithm is for, and on its curve: else the passkey could never be used."""
    decoded = decode_credential_public_key(public_key)
    if _KINDS[decoded.alg] != decoded.kty:
        raise InvalidPasskey
    decoded_public_key_to_cryptography(decoded)


def _client_data(text: str) -> tuple[bytes, bytes]:
    """What the browser signed with, and the challenge in it."""
    raw = _bytes(text)
    parsed = parse_client_data_json(raw)
    if parsed.cross_origin:
        raise InvalidPasskey
    return raw, parsed.challenge


def _bytes(text: str) -> bytes:
    """Base64url without padding and without anything else (RFC 4648, 3.3 and 5)."""
    if "=" in text:
        raise InvalidPasskey
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _verified(look: Callable[[], T]) -> T:
    """What the look says. The library has an error for each thing that is wrong; the caller is told of none.

    It leaves others of its own (of CBOR, of keys that are not there) for what is no answer at all, so that each of
    them says the same: this was not made by an authenticator.
    """
    try:
        return look()
    except (WebAuthnException, binascii.Error) as error:
        raise InvalidPasskey from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise InvalidPasskey from error

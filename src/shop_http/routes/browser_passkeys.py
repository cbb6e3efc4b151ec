"""What browsers are given to make and to use passkeys, in the standard's own names (WebAuthn Level 3, 5.1.10), and what
of their answer comes back: just what is looked at, since browsers may have more to say tomorrow.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shopcore.identity.model import Assertion
from shopcore.identity.model.challenges import LIFETIME
from shopcore.identity.model.passkeys import ALGORITHMS, Registration, Request

KeyId = Annotated[str, Meta(max_length=1400)]
KeyData = Annotated[str, Meta(max_length=20_000)]
Hint = Annotated[str, Meta(max_length=32)]

_MILLISECONDS = int(LIFETIME.total_seconds() * 1000)


class _Named(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Names as browsers have them."""


class Site(_Named, frozen=True, kw_only=True):
    """The shop."""

    id: str
    name: str


class KeyOwner(_Named, frozen=True, kw_only=True):
    """The account: `id` says nothing of the person, the names are for their own device."""

    id: str
    name: str
    display_name: str


class Algorithm(_Named, frozen=True, kw_only=True):
    """A kind of signature, by its number among those of COSE."""

    alg: int
    type: Literal["public-key"] = "public-key"


class KnownKey(_Named, frozen=True, kw_only=True):
    """A passkey that is there already."""

    id: str
    transports: tuple[str, ...]
    type: Literal["public-key"] = "public-key"


class Wishes(_Named, frozen=True, kw_only=True):
    """A key that can be found without a name, and that asks who it is where it can."""

    resident_key: Literal["required"] = "required"
    require_resident_key: bool = True
    user_verification: Literal["preferred"] = "preferred"


class Creation(_Named, frozen=True, kw_only=True):
    """`PublicKeyCredentialCreationOptionsJSON`."""

    rp: Site
    user: KeyOwner
    challenge: str
    pub_key_cred_params: tuple[Algorithm, ...]
    timeout: int
    exclude_credentials: tuple[KnownKey, ...]
    authenticator_selection: Wishes
    attestation: Literal["none"] = "none"


class Use(_Named, frozen=True, kw_only=True):
    """`PublicKeyCredentialRequestOptionsJSON`."""

    challenge: str
    timeout: int
    rp_id: str
    user_verification: Literal["required", "preferred"]
    allow_credentials: tuple[KnownKey, ...] = ()


class CreationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """For `navigator.credentials.create`."""

    public_key: Creation


class RequestOptions(msgspec.Struct, frozen=True, kw_only=True):
    """For `navigator.credentials.get`."""

    public_key: Use


def creation_options(wanted: Registration) -> CreationOptions:
    """What a browser makes a passkey from."""
    return CreationOptions(
        public_key=Creation(
            rp=Site(id=wanted.domain, name=wanted.domain),
            user=KeyOwner(id=wanted.user_handle, name=wanted.user_name, display_name=wanted.display_name),
            challenge=wanted.challenge,
            pub_key_cred_params=tuple(Algorithm(alg=number) for number in ALGORITHMS),
            timeout=_MILLISECONDS,
            exclude_credentials=tuple(
                KnownKey(id=passkey.credential, transports=passkey.transports) for passkey in wanted.exclude
            ),
            authenticator_selection=Wishes(),
        )
    )


def request_options(wanted: Request) -> RequestOptions:
    """What a browser looks for a passkey by."""
    return RequestOptions(
        public_key=Use(
            challenge=wanted.challenge,
            timeout=_MILLISECONDS,
            rp_id=wanted.domain,
            user_verification="required" if wanted.user_verification else "preferred",
        )
    )


EXAMPLE = {
    "id": "the id of the passkey",
    "client_data": "its clientDataJSON",
    "authenticator_data": "its authenticatorData",
    "signature": "its signature",
    "user_handle": "its userHandle",
}


class ShownPasskey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a browser has signed: `id`, and `clientDataJSON`, `authenticatorData`, `signature` and `userHandle` of its
    `response`.
    """

    id: KeyId
    client_data: KeyData
    authenticator_data: KeyData
    signature: KeyData
    user_handle: KeyId | None = None


def assertion_of(shown: ShownPasskey) -> Assertion:
    """What was sent, in the words of the core."""
    return Assertion(
        credential=shown.id,
        client_data=shown.client_data,
        authenticator_data=shown.authenticator_data,
        signature=shown.signature,
        user_handle=shown.user_handle,
    )

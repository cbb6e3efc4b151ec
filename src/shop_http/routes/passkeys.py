"""Passkeys: keys of a device that sign for this shop alone (WebAuthn Level 3).

What a browser is given under `public_key` is what its `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON`
take, in the names that the standard has for them.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import json_answer, no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.auth import signed_in_answer, signing_in
from shop_http.routes.browser_passkeys import (
    EXAMPLE,
    CreationOptions,
    Hint,
    KeyData,
    KeyId,
    RequestOptions,
    ShownPasskey,
    assertion_of,
    creation_options,
    request_options,
)
from shop_http.visit import Visit
from shopcore.identity.model import Attestation, Passkey
from shopcore.kernel.ids import PasskeyId


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a browser has made: `id`, and `clientDataJSON`, `attestationObject` and `transports` of its `response`."""

    name: str
    id: KeyId
    client_data: KeyData
    attestation_object: KeyData
    transports: Annotated[tuple[Hint, ...], Meta(max_length=10)] = ()


class PasskeyUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the passkey is asked for: by itself, or along with a password."""

    second_factor: bool = False


class PasskeyName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what its owner knows it."""

    name: str


class PasskeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as its owner sees it. `synced`: copies of it may be on several devices."""

    id: str
    name: str
    synced: bool
    transports: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None


class PasskeyList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the oldest first."""

    items: tuple[PasskeyShown, ...]
    next_cursor: None = None


_MADE = {
    "name": "My telephone",
    "id": "the id of the passkey",
    "client_data": "its clientDataJSON",
    "attestation_object": "its attestationObject",
    "transports": ["internal"],
}


@post(
    "/auth/passkeys/options",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={200: CreationOptions}, signed_in=True, refuses=(409,))},
)
async def begin_passkey(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Ask for what a browser needs to make a passkey: needs a sign-in of the last quarter of an hour."""
    return json_answer(creation_options(await visit.view.passkeys.begin())).to_asgi()


@post(
    "/auth/passkeys",
    status_code=201,
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={201: PasskeyShown},
            body=NewPasskey,
            example=_MADE,
            signed_in=True,
            refuses=(409,),
        )
    },
)
async def add_passkey(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Add the passkey that a browser has made. From now on its owner can sign in with it alone."""
    made = await visit.json(NewPasskey)
    attestation = Attestation(
        credential=made.id,
        client_data=made.client_data,
        attestation_object=made.attestation_object,
        transports=made.transports,
    )
    passkey = await visit.view.passkeys.add(name=made.name, attestation=attestation)
    return json_answer(passkey_shown(passkey), status=201).to_asgi()


@get(
    "/auth/passkeys",
    opt={OPERATION: Operation(tag="accounts", answers={200: PasskeyList}, signed_in=True, answer_headers=("ETag",))},
)
async def list_passkeys(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show one's own passkeys."""
    found = await visit.view.passkeys.list()
    return visit.shown(json_answer(PasskeyList(items=tuple(map(passkey_shown, found)))))


@patch(
    "/auth/passkeys/{passkey_id:str}",
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={200: PasskeyShown},
            body=PasskeyName,
            example={"name": "My old telephone"},
            signed_in=True,
            refuses=(404,),
        )
    },
)
async def rename_passkey(visit: NamedDependency[Visit], passkey_id: FromPath[str]) -> ASGIResponse:
    """Give a passkey another name."""
    wanted = await visit.json(PasskeyName)
    passkey = await visit.view.passkeys.rename(passkey_id=PasskeyId(passkey_id), name=wanted.name)
    return json_answer(passkey_shown(passkey)).to_asgi()


@delete(
    "/auth/passkeys/{passkey_id:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(404, 409))},
)
async def remove_passkey(visit: NamedDependency[Visit], passkey_id: FromPath[str]) -> ASGIResponse:
    """Remove a passkey: needs a sign-in of the last quarter of an hour."""
    await visit.view.passkeys.remove(passkey_id=PasskeyId(passkey_id))
    return no_content().to_asgi()


@post(
    "/auth/passkeys/sign-in/options",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts",
            public=True,
            answers={200: RequestOptions},
            body=PasskeyUse,
            body_required=False,
            example={"second_factor": False},
        )
    },
)
async def ask_for_passkey(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Ask for what a browser needs to use a passkey. It is the same for everybody, and names no account."""
    wanted = await visit.json_or(PasskeyUse())
    request = await visit.door.accounts.ask_for_passkey(second_factor=wanted.second_factor)
    return json_answer(request_options(request)).to_asgi()


@post(
    "/auth/passkeys/sign-in",
    status_code=200,
    opt={OPERATION: signing_in(ShownPasskey, EXAMPLE, refuses=(401, 403))},
)
async def sign_in_by_passkey(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Sign in with a passkey alone. A guest cart whose token is sent is merged into the customer's."""
    shown = await visit.json(ShownPasskey)
    signed_in = await visit.door.accounts.sign_in_by_passkey(assertion=assertion_of(shown), device=visit.device)
    return signed_in_answer(visit, signed_in).to_asgi()


@post(
    "/auth/passkeys/step-up",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts", answers={204: None}, body=ShownPasskey, example=EXAMPLE, signed_in=True, refuses=(404,)
        )
    },
)
async def confirm_by_passkey(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show once more who one is, by a passkey: the session counts as just signed in, and its tokens stay good."""
    await visit.view.passkeys.confirm(assertion=assertion_of(await visit.json(ShownPasskey)))
    return no_content().to_asgi()


def passkey_shown(passkey: Passkey) -> PasskeyShown:
    """A passkey as its owner sees it."""
    return PasskeyShown(
        id=passkey.id,
        name=passkey.name,
        synced=passkey.synced,
        transports=passkey.transports,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )

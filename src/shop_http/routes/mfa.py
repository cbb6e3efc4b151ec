"""A second factor: an authenticator or passkeys, and recovery codes for when they are lost."""

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse

from shop_http.answers import json_answer, no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit


class TotpEnrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What the authenticator has to know, as text and as what a QR code shows; it is shown this once."""

    secret: str
    otpauth_uri: str


class TotpCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code of the authenticator."""

    code: str


class TotpRemoval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What signing in needs: `code` is one of the authenticator, or a recovery code."""

    password: str
    code: str


class ProofToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of the link in the mail that says that a second factor or passkey was set up."""

    token: str


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Each is good once, in the place of a code; they are shown this once."""

    recovery_codes: tuple[str, ...]


@post(
    "/auth/mfa/totp",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={200: TotpEnrolment}, signed_in=True, refuses=(409,))},
)
async def begin_totp(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Begin to use an authenticator. Nothing asks for its codes until the first one was confirmed."""
    enrolment = await visit.view.profile.begin_second_factor()
    return json_answer(TotpEnrolment(secret=enrolment.secret, otpauth_uri=enrolment.uri)).to_asgi()


@post(
    "/auth/mfa/totp/confirm",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={200: RecoveryCodes},
            body=TotpCode,
            example={"code": "287082"},
            signed_in=True,
            refuses=(409,),
        )
    },
)
async def confirm_totp(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Confirm the authenticator with a code: from now on signing in needs one."""
    shown = await visit.json(TotpCode)
    codes = await visit.view.profile.confirm_second_factor(code=shown.code)
    return json_answer(RecoveryCodes(recovery_codes=tuple(codes))).to_asgi()


@delete(
    "/auth/mfa/totp",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={204: None},
            body=TotpRemoval,
            example={"password": "difference engine no. 2", "code": "287082"},
            signed_in=True,
            refuses=(409,),
        )
    },
)
async def remove_totp(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Stop using an authenticator; that needs what signing in needs."""
    shown = await visit.json(TotpRemoval)
    await visit.view.profile.remove_second_factor(password=shown.password, code=shown.code)
    return no_content().to_asgi()


@post(
    "/auth/mfa/passkeys",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={200: RecoveryCodes}, signed_in=True, refuses=(409,))},
)
async def require_passkey(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Ask for a passkey beside the password from now on: needs one, and a sign-in of the last quarter of an hour."""
    codes = await visit.view.passkeys.require()
    return json_answer(RecoveryCodes(recovery_codes=tuple(codes))).to_asgi()


@delete(
    "/auth/mfa/passkeys",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(409,))},
)
async def stop_requiring_passkey(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Stop asking for a passkey: needs a sign-in, or a step-up, by two factors within the last quarter of an hour."""
    await visit.view.passkeys.stop_requiring()
    return no_content().to_asgi()


class RecoveryCodesLeft(msgspec.Struct, frozen=True, kw_only=True):
    """How many were not used yet; none where no second factor is asked for."""

    left: int


@get(
    "/auth/mfa/recovery-codes",
    opt={
        OPERATION: Operation(tag="accounts", answers={200: RecoveryCodesLeft}, signed_in=True, answer_headers=("ETag",))
    },
)
async def count_recovery_codes(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show how many recovery codes are left."""
    return visit.shown(json_answer(RecoveryCodesLeft(left=await visit.view.passkeys.count_recovery_codes())))


@post(
    "/auth/mfa/recovery-codes",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={200: RecoveryCodes}, signed_in=True, refuses=(409,))},
)
async def renew_recovery_codes(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Make new ones: needs a sign-in, or a step-up, by two factors within the last quarter of an hour."""
    codes = await visit.view.passkeys.renew_recovery_codes()
    return json_answer(RecoveryCodes(recovery_codes=tuple(codes))).to_asgi()


_BY_MAIL = Operation(
    tag="accounts",
    public=True,
    answers={204: None},
    body=ProofToken,
    example={"token": "the token of the link"},
)


@post("/auth/mfa/disown", status_code=200, opt={OPERATION: _BY_MAIL})
async def disown(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Take a second factor or passkey off again that somebody else has set up, for a day. Sessions and password end."""
    await visit.door.accounts.disown_by_mail(token=(await visit.json(ProofToken)).token)
    return no_content().to_asgi()


@post("/auth/mfa/vouch", status_code=200, opt={OPERATION: _BY_MAIL})
async def vouch(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Say that a second factor or passkey is one's own, within a day: staff are asked to. It counts from then on."""
    await visit.door.accounts.vouch_by_mail(token=(await visit.json(ProofToken)).token)
    return no_content().to_asgi()


ROUTES = (
    begin_totp,
    confirm_totp,
    remove_totp,
    require_passkey,
    stop_requiring_passkey,
    count_recovery_codes,
    renew_recovery_codes,
    disown,
    vouch,
)

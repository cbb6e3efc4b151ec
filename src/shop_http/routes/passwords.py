"""Forgotten and changed passwords."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse

from shop_http.answers import no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.auth import EmailOnly, NewPassword, Nothing, accepted
from shop_http.visit import Visit


class PasswordReset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of the mailed link, the password that is to be, and whether the account's passkeys go."""

    token: str
    password: NewPassword
    remove_passkeys: bool = False


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password that is, and the one that is to be."""

    current: str
    new: NewPassword


@post(
    "/auth/password/forgot",
    status_code=202,
    opt={
        OPERATION: Operation(
            tag="accounts", public=True, answers={202: Nothing}, body=EmailOnly, example={"email": "ada@example.com"}
        )
    },
)
async def forgot_password(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Ask for a link to set another password. The answer is the same whether there is such an account or not."""
    wanted = await visit.json(EmailOnly)
    await visit.door.accounts.ask_password_reset(email=wanted.email)
    return accepted()


@post(
    "/auth/password/reset",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts",
            public=True,
            answers={204: None},
            body=PasswordReset,
            example={"token": "the token of the link", "password": "analytical engine, at last"},
        )
    },
)
async def reset_password(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Set another password by the mailed link, once. Every session ends, and every passkey if that is asked for."""
    wanted = await visit.json(PasswordReset)
    await visit.door.accounts.reset_password(
        token=wanted.token, password=wanted.password, remove_passkeys=wanted.remove_passkeys
    )
    return no_content().to_asgi()


@post(
    "/auth/password/change",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={204: None},
            body=PasswordChange,
            example={"current": "difference engine no. 2", "new": "analytical engine, at last"},
            signed_in=True,
        )
    },
)
async def change_password(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Set another password by the present one. Every other session ends."""
    wanted = await visit.json(PasswordChange)
    await visit.view.profile.change_password(current=wanted.current, new=wanted.new)
    return no_content().to_asgi()

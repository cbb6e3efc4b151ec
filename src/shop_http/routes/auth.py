"""The way in: an account, its mailbox, and tokens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import Answer, json_answer
from shop_http.auth import CART_TOKEN, DEVICE_TOKEN
from shop_http.openapi import OPERATION, Header, Operation
from shop_http.routes.browser_passkeys import ShownPasskey, assertion_of
from shop_http.routes.cookie_sessions import PAGE_TOKEN, SessionQuery, in_cookies, of_this_page
from shop_http.visit import Visit
from shopcore.identity.model import Account, Mailing, SignedIn, Tokens
from shopcore.identity.model.passwords import LONGEST, SHORTEST

# The core says what a password may be; the document only repeats it.
NewPassword = Annotated[str, Meta(extra_json_schema={"minLength": SHORTEST, "maxLength": LONGEST})]
_BEARER = "Bearer"


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who wants an account."""

    email: str
    password: NewPassword
    name: str | None = None
    locale: str | None = None


class EmailOnly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An e-mail address."""

    email: str


class LinkToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of a mailed link: what stands behind `#token=`."""

    token: str


class MailboxProof(LinkToken, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of a mailed link, and what the password is to be: that of the registration, or another.

    Without it that of the registration stands only where it was chosen from the same network; else a mail to set one
    comes at once.
    """

    password: NewPassword | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who somebody says they are, and what shows it; `otp` is a code of the authenticator, or a recovery code.

    In its place a `passkey` will do.
    """

    email: str
    password: str
    otp: str | None = None
    passkey: ShownPasskey | None = None


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last refresh token that was given."""

    refresh_token: str


class Nothing(msgspec.Struct, frozen=True):
    """Nothing is told."""


class Mailings(msgspec.Struct, frozen=True, kw_only=True):
    """Which mails that nobody waits for are wanted, where they are asked for."""

    back_in_stock: bool
    cart_reminder: bool


class UserShown(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, as they see themselves."""

    id: str
    email: str
    name: str | None
    locale: str | None
    email_verified: bool
    has_password: Annotated[bool, Meta(description="Whether there is one; else a mailed link sets one.")]
    mfa_enabled: bool
    mailings: Mailings
    created_at: datetime


class TokensShown(msgspec.Struct, frozen=True, kw_only=True):
    """An access token for `expires_in` seconds, and the refresh token that follows; in cookies, only how long."""

    expires_in: int
    access_token: str | UnsetType = UNSET
    refresh_token: str | UnsetType = UNSET
    token_type: str | UnsetType = UNSET
    csrf_token: Annotated[str, Meta(description="For `X-CSRF-Token`, with cookies.")] | UnsetType = UNSET


class SignedInShown(TokensShown, frozen=True, kw_only=True):
    """The customer, and their tokens. `device_token` is for `X-Device-Token` at the next sign-in from this device."""

    user: UserShown
    device_token: str | UnsetType = UNSET


DEVICE = Header(name=DEVICE_TOKEN, description="What the device got when it was signed in last; in cookies by itself.")
CART = Header(name=CART_TOKEN, description="The secret of a guest cart, to be merged into the customer's.")
_EMAIL = "ada@example.com"
_PASSWORD = "difference engine no. 2"  # noqa: S105 - an example


def signing_in(
    body: type, example: Mapping[str, object], *, refuses: tuple[int, ...], headers: tuple[Header, ...] = (CART,)
) -> Operation:
    """What all ways of signing in have in common: tokens in the body or in cookies, and a guest's cart is merged."""
    return Operation(
        tag="accounts",
        public=True,
        answers={200: SignedInShown},
        query=SessionQuery,
        answer_headers=("Set-Cookie",),
        body=body,
        example=example,
        headers=headers,
        refuses=refuses,
    )


@post(
    "/auth/register",
    status_code=202,
    opt={
        OPERATION: Operation(
            tag="accounts",
            public=True,
            answers={202: Nothing},
            body=Registration,
            example={"email": _EMAIL, "password": _PASSWORD, "name": "Ada Lovelace"},
        )
    },
)
async def register(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Open an account. The answer is the same where there is one already; the mail says which it is."""
    wanted = await visit.json(Registration)
    await visit.door.accounts.register(
        email=wanted.email,
        password=wanted.password,
        name=wanted.name,
        locale=wanted.locale,
        device=visit.device,
    )
    return accepted()


@post(
    "/auth/verify-email",
    status_code=200,
    opt={
        OPERATION: signing_in(MailboxProof, {"token": "the token of the link", "password": _PASSWORD}, refuses=(403,))
    },
)
async def verify_email(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Follow the link of the mail, once: the mailbox is one's own, and one is signed in.

    Let whoever follows it type a password, and send that along: it is the account's from then on.
    """
    followed = await visit.json(MailboxProof)
    signed_in = await visit.door.accounts.verify_email(
        token=followed.token, password=followed.password, device=visit.device
    )
    return signed_in_answer(visit, signed_in).to_asgi()


@post(
    "/auth/verify-email/resend",
    status_code=202,
    opt={
        OPERATION: Operation(
            tag="accounts", public=True, answers={202: Nothing}, body=EmailOnly, example={"email": _EMAIL}
        )
    },
)
async def resend_verification(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Ask for the mail again. The answer is the same whether there is such an account or not."""
    wanted = await visit.json(EmailOnly)
    await visit.door.accounts.resend_verification(email=wanted.email)
    return accepted()


@post(
    "/auth/login",
    status_code=200,
    opt={
        OPERATION: signing_in(
            Login, {"email": _EMAIL, "password": _PASSWORD}, refuses=(401, 403), headers=(CART, DEVICE)
        )
    },
)
async def login(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Sign in. A guest cart whose token is sent is merged into the customer's: quantities add up."""
    shown = await visit.json(Login)
    signed_in = await visit.door.accounts.sign_in(
        email=shown.email,
        password=shown.password,
        otp=shown.otp,
        passkey=None if shown.passkey is None else assertion_of(shown.passkey),
        device=visit.device,
    )
    return signed_in_answer(visit, signed_in).to_asgi()


@post(
    "/auth/refresh",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts",
            public=True,
            answers={200: TokensShown},
            query=SessionQuery,
            body=RefreshToken,
            body_required=False,
            example={"refresh_token": "the last one that was given"},
            headers=(PAGE_TOKEN,),
            refuses=(401, 403),
            answer_headers=("Set-Cookie",),
        )
    },
)
async def refresh(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Change a refresh token for a new pair; one from a cookie gives new cookies.

    A token is good once. One that comes again within 10 seconds, as from a second tab, gets the same successor; one
    that comes later ends its session with 401 `token_reused`, because somebody else may have it.
    """
    if visit.query(SessionQuery).session is None:
        shown = await visit.json(RefreshToken)
        tokens = await visit.door.accounts.refresh(refresh_token=shown.refresh_token)
        return json_answer(TokensShown(**_in_body(tokens))).to_asgi()
    old, csrf_token = of_this_page(visit)
    tokens = await visit.door.accounts.refresh(refresh_token=old)
    answer = json_answer(TokensShown(expires_in=tokens.expires_in, csrf_token=csrf_token))
    return in_cookies(visit, answer, tokens).to_asgi()


def accepted() -> ASGIResponse:
    """202, and nothing that tells one case from another."""
    return json_answer(Nothing(), status=202).to_asgi()


def signed_in_answer(visit: Visit, signed_in: SignedIn) -> Answer:
    """Who somebody is now, and their tokens: in the body, or in cookies."""
    tokens, user = signed_in.tokens, user_shown(signed_in.account)
    if visit.query(SessionQuery).session is None:
        return json_answer(SignedInShown(user=user, device_token=signed_in.device_token, **_in_body(tokens)))
    csrf_token = visit.shop.page_token(signed_in.session.id)
    shown = SignedInShown(user=user, expires_in=tokens.expires_in, csrf_token=csrf_token)
    return in_cookies(visit, json_answer(shown), tokens, signed_in.device_token)


def user_shown(account: Account) -> UserShown:
    """An account as its customer sees it; nothing secret is in it."""
    factor = account.second_factor
    return UserShown(
        id=account.id,
        email=account.email,
        name=account.name,
        locale=account.locale,
        email_verified=account.verified_at is not None,
        has_password=account.password is not None,
        mfa_enabled=factor is not None and factor.confirmed_at is not None,
        mailings=Mailings(**{each.value: each not in account.unwanted for each in Mailing}),
        created_at=account.created_at,
    )


def _in_body(tokens: Tokens) -> dict[str, Any]:
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": tokens.expires_in,
        "token_type": _BEARER,
    }

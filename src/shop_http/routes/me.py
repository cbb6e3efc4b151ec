"""A customer's own profile."""

from collections.abc import Mapping

import msgspec
from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import UNSET, UnsetType

from shop_http.answers import json_answer
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.auth import LinkToken, Nothing, UserShown, accepted, user_shown
from shop_http.visit import Visit
from shopcore.identity.model import Mailing


class MailingsUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which mails that nobody waits for are wanted from now on; what is left out stays."""

    back_in_stock: bool | UnsetType = UNSET
    cart_reminder: bool | UnsetType = UNSET

    @property
    def said(self) -> Mapping[Mailing, bool]:
        """What was not left out."""
        wishes = {each: getattr(self, each.value) for each in Mailing}
        return {each: wish for each, wish in wishes.items() if wish is not UNSET}


class ProfileUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be set; what is left out stays. `locale` is the language of mails (BCP 47).

    The e-mail address and the password have addresses of their own, which ask for more.
    """

    name: str | UnsetType | None = UNSET
    locale: str | UnsetType | None = UNSET
    mailings: MailingsUpdate | UnsetType = UNSET


class EmailChangeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another e-mail address, and the password."""

    email: str
    password: str


class EmailAgreement(LinkToken, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of a mailed link. That of the new address takes a session of the account too, or its password."""

    password: str | None = None


class EmailChangeShown(msgspec.Struct, frozen=True, kw_only=True):
    """Whether both mailboxes have agreed by now, so that the address has changed."""

    changed: bool


@get(
    "/me",
    opt={OPERATION: Operation(tag="accounts", answers={200: UserShown}, signed_in=True, answer_headers=("ETag",))},
)
async def show_me(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show one's own profile."""
    return visit.shown(json_answer(user_shown(await visit.view.profile.show())))


@patch(
    "/me",
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={200: UserShown},
            body=ProfileUpdate,
            example={"name": "Ada King", "locale": "en", "mailings": {"cart_reminder": False}},
            signed_in=True,
        )
    },
)
async def update_me(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Change one's own profile.

    Where `mailings` says no, none of that kind is sent, whatever a cart says or one waits for, until it says yes again.
    """
    update = await visit.json(ProfileUpdate)
    mailings = None if update.mailings is UNSET else update.mailings.said
    account = await visit.view.profile.update(name=update.name, locale=update.locale, mailings=mailings)
    return json_answer(user_shown(account)).to_asgi()


@post(
    "/me/email",
    status_code=202,
    opt={
        OPERATION: Operation(
            tag="accounts",
            answers={202: Nothing},
            body=EmailChangeRequest,
            example={"email": "ada.king@example.com", "password": "difference engine no. 2"},
            signed_in=True,
        )
    },
)
async def change_email(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Ask for another e-mail address. Both mailboxes get a link, and both have to agree."""
    wanted = await visit.json(EmailChangeRequest)
    await visit.view.profile.ask_email_change(email=wanted.email, password=wanted.password)
    return accepted()


@post(
    "/auth/email/confirm",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="accounts",
            public=True,
            answers={200: EmailChangeShown},
            body=EmailAgreement,
            example={"token": "the token of the link", "password": "difference engine no. 2"},
            refuses=(401, 409),
        )
    },
)
async def confirm_email(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Agree to another e-mail address by one of the two mailed links. The second one makes it so.

    The link of the new address is followed signed in to the account that asks for it, or with its password beside the
    token (401 `account_not_shown`): a stranger's account must not become the one of an address by its owner's click.
    """
    followed, asker = await visit.json(EmailAgreement), await visit.recognised()
    changed = await asker.accounts.agree_to_email_change(token=followed.token, password=followed.password)
    return json_answer(EmailChangeShown(changed=changed)).to_asgi()

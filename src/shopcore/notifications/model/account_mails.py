"""What the shop writes about accounts. Links lead to the shop's own address, whatever a request said its host was.

A link's token stands behind a `#`: what is there, no browser sends to a server, into a log or to another site.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.notifications.model.draft import Draft


class Notice(StrEnum):
    """Why there is a mail."""

    VERIFY = "verify"
    EXISTS = "exists"
    RESET = "reset"
    OLD_EMAIL = "old_email"
    NEW_EMAIL = "new_email"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
    TOKEN_REUSED = "token_reused"  # noqa: S105 - a name
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"


class AccountMail(msgspec.Struct, frozen=True, kw_only=True):
    """What to write, to whom, and the token of the link in it, if there is one. `key` is the mail's own name."""

    notice: Notice
    key: str
    to: str
    token: str | None = None


_PAGES: Mapping[Notice, str] = MappingProxyType(
    {
        Notice.VERIFY: "/verify-email",
        Notice.RESET: "/reset-password",
        Notice.OLD_EMAIL: "/confirm-email",
        Notice.NEW_EMAIL: "/confirm-email",
    }
)


def account_mail(mail: AccountMail, app_url: str) -> Draft:
    """What is to be written, with its link if it has one."""
    page = _PAGES.get(mail.notice)
    link = None if page is None else f"{app_url.rstrip('/')}{page}#token={mail.token}"
    return Draft(key=mail.key, to=mail.to, kind=mail.notice.value, facts={"link": link})

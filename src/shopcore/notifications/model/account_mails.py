"""What the shop writes about accounts. Links lead to the shop's own address, whatever a request said its host was.

A link's token stands behind a `#`: what is there, no browser sends to a server, into a log or to another site.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.identity.model import Account, Passkey
from shopcore.identity.model.second_factor import in_use
from shopcore.notifications.model.draft import Draft


class Notice(StrEnum):
    """Why there is a mail."""

    VERIFY = "verify"
    WELCOME = "welcome"
    EXISTS = "exists"
    RESET = "reset"
    OLD_EMAIL = "old_email"
    NEW_EMAIL = "new_email"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
    NEW_SIGN_IN = "new_sign_in"
    TOKEN_REUSED = "token_reused"  # noqa: S105 - a name
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    RECOVERY_CODES = "recovery_codes"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    CODE_REUSED = "code_reused"


_LONGEST_NAME = 40

_WARNINGS = frozenset(
    {
        Notice.OLD_EMAIL,
        Notice.PASSWORD_CHANGED,
        Notice.NEW_SIGN_IN,
        Notice.TOKEN_REUSED,
        Notice.SECOND_FACTOR_ON,
        Notice.SECOND_FACTOR_OFF,
        Notice.RECOVERY_CODES,
        Notice.PASSKEY_ADDED,
        Notice.PASSKEY_REMOVED,
    }
)
"""What may be somebody else's doing: they say what else that one may have left behind."""


class AccountMail(msgspec.Struct, frozen=True, kw_only=True):
    """What to write, to whom, of when, and the token of the link in it, if it has one. `key` is the mail's name.

    `account` is the address of the account that it is about, masked, where somebody else may read it. `passkeys` are
    what opens it beside its password, by name and day.
    """

    notice: Notice
    key: str
    to: str
    asked_at: datetime
    token: str | None = None
    locale: str | None = None
    account: str = ""
    passkeys: tuple[str, ...] = ()
    has_factor: bool = False
    phone: str | None = None


_PAGES: Mapping[Notice, str] = MappingProxyType(
    {
        Notice.VERIFY: "/verify-email",
        Notice.RESET: "/reset-password",
        Notice.OLD_EMAIL: "/confirm-email",
        Notice.NEW_EMAIL: "/confirm-email",
        Notice.SECOND_FACTOR_ON: "/sign-in-change",
        Notice.PASSKEY_ADDED: "/sign-in-change",
    }
)


def mail_about(account: Account, notice: Notice, at: datetime, to: str | None = None) -> AccountMail:
    """A mail without a link; `to` is another mailbox than the account's own, which is told nothing of what opens it.

    Two of one kind are two mails however soon one follows the other: else what comes first hides the second.
    """
    return AccountMail(
        notice=notice,
        key=f"account/{notice}/{account.id}/{at.isoformat()}",
        to=to or account.email,
        asked_at=at,
        locale=account.locale,
        phone=next((saved.address.phone for saved in account.addresses if saved.address.phone), None),
        passkeys=() if to else tuple(map(_named, account.passkeys)),
        has_factor=not to and in_use(account.second_factor) is not None,
    )


def _named(passkey: Passkey) -> str:
    return f"{harmless(passkey.name)} ({passkey.created_at:%Y-%m-%d})"


_SECURITY = {
    Notice.PASSWORD_CHANGED,
    Notice.NEW_SIGN_IN,
    Notice.TOKEN_REUSED,
    Notice.SECOND_FACTOR_ON,
    Notice.SECOND_FACTOR_OFF,
    Notice.RECOVERY_CODES,
    Notice.PASSKEY_ADDED,
    Notice.PASSKEY_REMOVED,
    Notice.PASSKEY_COPIED,
    Notice.CODE_REUSED,
}


def account_mail(mail: AccountMail, app_url: str, subject: str = "") -> Draft:
    """What is to be written, with its link if it has one. `subject` tells two of one kind and moment apart."""
    page = _PAGES.get(mail.notice)
    phone = mail.phone if mail.notice in _SECURITY else None
    link = None if page is None or mail.token is None else f"{app_url.rstrip('/')}{page}#token={mail.token}"
    facts = {
        "link": link,
        "at": mail.asked_at.strftime("%Y-%m-%d %H:%M UTC"),
        "account": mail.account,
        "opened_by": list(mail.passkeys) if mail.notice in _WARNINGS else [],
        "asks_for_more": mail.has_factor and mail.notice in _WARNINGS,
    }
    key = f"{mail.key}/{subject}" if subject else mail.key
    return Draft(key=key, to=mail.to, kind=mail.notice.value, facts=facts, locale=mail.locale, phone=phone)


def harmless(name: str) -> str:
    """A name that somebody who should not be there may have chosen: no mail program makes a link or a number of it."""
    return " ".join("".join(letter if letter.isalpha() else " " for letter in name).split())[:_LONGEST_NAME] or "?"


def masked(email: str) -> str:
    """An address as one is shown that is not one's own: enough to know it again, too little to write to it."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"

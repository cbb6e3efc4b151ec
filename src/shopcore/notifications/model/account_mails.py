"""What the shop writes about accounts. Links lead to the shop's own address, whatever a request said its host was.

A link's token stands behind a `#`: what is there, no browser sends to a server, into a log or to another site.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.notifications.model.message import Message


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


_SUBJECTS: Mapping[Notice, str] = MappingProxyType(
    {
        Notice.VERIFY: "Confirm your e-mail address",
        Notice.EXISTS: "You have an account already",
        Notice.RESET: "Set a new password",
        Notice.OLD_EMAIL: "Agree to another e-mail address",
        Notice.NEW_EMAIL: "Agree to be our customer's e-mail address",
        Notice.PASSWORD_CHANGED: "Your password was changed",
        Notice.TOKEN_REUSED: "One of your devices was signed out",
        Notice.SECOND_FACTOR_ON: "A second factor protects your account",
        Notice.SECOND_FACTOR_OFF: "The second factor of your account was removed",
        Notice.PASSKEY_ADDED: "A passkey was added to your account",
        Notice.PASSKEY_REMOVED: "A passkey was removed from your account",
    }
)

_PAGES: Mapping[Notice, str] = MappingProxyType(
    {
        Notice.VERIFY: "/verify-email",
        Notice.RESET: "/reset-password",
        Notice.OLD_EMAIL: "/confirm-email",
        Notice.NEW_EMAIL: "/confirm-email",
    }
)

_NOT_YOU = "If that was not you, set a new password now, and sign out everywhere."
_IGNORE = "If you did not ask for this, do nothing: then nothing changes."

_TEXTS: Mapping[Notice, str] = MappingProxyType(
    {
        Notice.VERIFY: "Somebody opened an account with this e-mail address, and chose a password. If it was you, "
        "follow this link within a day to confirm that the address is yours:\n\n{link}\n\nIf it was not you, do not "
        "follow it: whoever chose the password could then sign in, and see what you order. Do nothing, and nobody can.",
        Notice.EXISTS: "Somebody, probably you, wanted to open an account with this e-mail address. There is one "
        "already: sign in, or ask for a new password if you have forgotten yours.\n\n"
        "If it was not you, do nothing: nobody was let in.",
        Notice.RESET: f"Follow this link within an hour to set a new password:\n\n{{link}}\n\n{_IGNORE}",
        Notice.OLD_EMAIL: "Somebody who was signed in to your account wants another e-mail address for it. Follow this "
        f"link within a day to agree:\n\n{{link}}\n\nThe new address has to agree as well. {_NOT_YOU}",
        Notice.NEW_EMAIL: "A customer of ours wants this e-mail address for their account. Follow this link within a "
        f"day to agree:\n\n{{link}}\n\nThe present address has to agree as well. {_IGNORE}",
        Notice.PASSWORD_CHANGED: f"The password of your account was changed just now. {_NOT_YOU}",
        Notice.TOKEN_REUSED: "The same key to your account came from two places, so it may have been copied. We have "
        f"signed that device out; sign in again to go on. {_NOT_YOU}",
        Notice.SECOND_FACTOR_ON: f"From now on your account asks for more than your password. {_NOT_YOU}",
        Notice.SECOND_FACTOR_OFF: f"From now on your account asks for your password only. {_NOT_YOU}",
        Notice.PASSKEY_ADDED: "From now on whoever has this passkey can sign in to your account with it. If that was "
        "not you, remove it, set a new password, and sign out everywhere.",
        Notice.PASSKEY_REMOVED: f"From now on it no longer opens your account. {_NOT_YOU}",
    }
)


def account_mail(mail: AccountMail, sender: str, app_url: str) -> Message:
    """The mail as it is sent."""
    link = f"{app_url.rstrip('/')}{_PAGES.get(mail.notice, '')}#token={mail.token}"
    return Message(
        key=mail.key,
        to=mail.to,
        sender=sender,
        subject=_SUBJECTS[mail.notice],
        text=_TEXTS[mail.notice].format(link=link) + "\n",
    )

"""The mails that nobody waits for, and the link in them by which a customer takes back the wish for their kind.

The link is for a mail program's own button as well (RFC 8058, 3.1): its token is good without anybody being signed in,
however late the mail is read, and can do nothing but this one thing, which the account undoes.
"""

import base64
import binascii
from collections.abc import Mapping

import msgspec

from shopcore.identity.errors import InvalidLink
from shopcore.identity.model.accounts import Account, Mailing
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.sealing import Signer

_MAC_BYTES = 32
_CONTEXT = "leave-mailing"
_LONGEST = 500


class Leaving(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a token says in the clear: who wants no more mails of which kind."""

    mailing: Mailing
    customer_id: CustomerId


def leaving_token(signer: Signer, mailing: Mailing, customer_id: CustomerId) -> str:
    """The token, which is the same each time."""
    body = msgspec.json.encode(Leaving(mailing=mailing, customer_id=customer_id))
    return _text(signer.sign(body, _CONTEXT)[:_MAC_BYTES] + body)


def read_leaving(signer: Signer, token: str) -> Leaving:
    """What it says. Raises `InvalidLink` for anything that this shop has not made for this."""
    try:
        if len(token) > _LONGEST:
            raise InvalidLink
        raw = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if len(mac) < _MAC_BYTES or _text(raw) != token or not signer.verifies(mac, body, _CONTEXT):
            raise InvalidLink
        return msgspec.json.decode(body, type=Leaving)
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        raise InvalidLink from None


def leaving_link(signer: Signer, mailing: Mailing, account: Account, app_url: str) -> str:
    """Where the token is taken: a page for people, and what their mail programs post to."""
    return f"{app_url.rstrip('/')}/unsubscribe/{leaving_token(signer, mailing, account.id)}"


def is_wanted_by(account: Account, mailing: Mailing) -> bool:
    """Whether a customer may be written to unasked: their mailbox is shown to be theirs, and they have not refused."""
    return account.verified_at is not None and mailing not in account.unwanted


def want(account: Account, wishes: Mapping[Mailing, bool]) -> Account:
    """The account with what its customer says of these kinds; what is not said stays."""
    unwanted = {*account.unwanted} - {each for each in wishes if wishes[each]}
    return msgspec.structs.replace(
        account, unwanted=tuple(sorted(unwanted | {each for each in wishes if not wishes[each]}))
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

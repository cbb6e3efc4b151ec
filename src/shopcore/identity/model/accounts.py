"""A customer's account. All of it is personal or secret, so all of it is stored sealed."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from shopcore.identity.errors import AccountLocked, EmailNotVerified, InvalidLink
from shopcore.identity.model.addresses import SavedAddress
from shopcore.identity.model.networks import is_among
from shopcore.identity.model.passkeys import Passkey
from shopcore.identity.model.second_factor import SecondFactor, in_use
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import CustomerId

_LONGEST_NAME = 200
_A_MINUTE = timedelta(minutes=1)
_NETWORKS = 10  # of the latest sign-ins: a home, an office, a telephone, and some travels


class Mailing(StrEnum):
    """A kind of mail that nobody waits for, which a customer may want or not."""

    BACK_IN_STOCK = "back_in_stock"
    CART_REMINDER = "cart_reminder"


class EmailChange(msgspec.Struct, frozen=True, kw_only=True):
    """Another address, which both mailboxes have to agree to."""

    id: str
    email: str
    asked_at: datetime
    old_agreed: bool = False
    new_agreed: bool = False


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A customer. `email` is in its normal form; `password` is a hash, None when it can only be set by mail.

    `credentials` counts the changes of what proves that somebody is this customer: a mailed link is good for the count
    that it was made for. `locale` is the language that they are written to in (BCP 47). `networks` are keyed digests of
    those of the latest sign-ins, and of the registration before there was one. `asked_at` is when a link to verify it
    was asked for last. `unwanted` are the mails that its customer has taken back the wish for.
    `version` counts the writes.
    """

    id: CustomerId
    email: str
    created_at: datetime
    name: str | None = None
    locale: str | None = None
    password: str | None = None
    credentials: int = 1
    verified_at: datetime | None = None
    locked_at: datetime | None = None
    email_change: EmailChange | None = None
    addresses: tuple[SavedAddress, ...] = ()
    second_factor: SecondFactor | None = None
    passkeys: tuple[Passkey, ...] = ()
    networks: tuple[str, ...] = ()
    asked_at: datetime | None = None
    unwanted: tuple[Mailing, ...] = ()
    version: int = 1


def checked_name(name: str | None) -> str | None:
    """A name as it is kept; one of spaces is none. Raises `InvalidInput`."""
    if name is None or not name.strip():
        return None
    if len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"must be at most {_LONGEST_NAME} characters, without control characters"
        raise InvalidInput.of("name", "invalid_text", message)
    return name.strip()


def unverified_since(account: Account) -> datetime | None:
    """Since when it waits for somebody to follow its latest link; None where nobody is waited for."""
    is_waited_for = account.verified_at is None and account.locked_at is None
    return account.asked_at or account.created_at if is_waited_for else None


def ask(account: Account, at: datetime) -> Account:
    """Somebody asks for the link that verifies it: it is not forgotten before that one is over."""
    if account.verified_at is not None or at <= (account.asked_at or account.created_at):
        return account
    return msgspec.structs.replace(account, asked_at=at)


def set_password(account: Account, password: str | None) -> Account:
    """Another password, or none: every link that was mailed before is void."""
    return msgspec.structs.replace(account, password=password, credentials=account.credentials + 1)


def rehash(account: Account, old: str, new: str) -> Account:
    """The same password under today's cost, unless it was changed meanwhile: no link is void."""
    return msgspec.structs.replace(account, password=new) if account.password == old else account


def can_show_two(account: Account) -> bool:
    """Whether there is anything beside the password: a factor in use, or a passkey, which is two factors in one."""
    return in_use(account.second_factor) is not None or bool(account.passkeys)


def contest(account: Account) -> Account:
    """Somebody else registers an address that nobody has verified: neither password stands, nor the name.

    Else whoever came first would wait inside an account that the mailbox's owner takes for theirs. Links that were
    mailed stay good, so that nobody can spoil them by registering again.
    """
    return account if account.verified_at is not None else msgspec.structs.replace(account, password=None, name=None)


def settle_password(account: Account, chosen: str | None, network: tuple[str, ...]) -> Account:
    """Whose password it is, once somebody follows the link: the hash that they chose with it, or what was registered.

    What was registered stands only where the link is followed from the network that it was registered from; `network`
    is all its names. Else anybody may have chosen it, and the name too: neither stands, and the mailbox has to set a
    password.
    """
    if chosen is not None:
        return set_password(account, chosen)
    if is_among(network, account.networks):
        return account
    return msgspec.structs.replace(set_password(account, None), name=None, networks=())


def verify(account: Account, at: datetime) -> Account:
    """The link in the mail was followed, for the first time. Raises `InvalidLink` for the second."""
    if account.verified_at is not None:
        raise InvalidLink
    return msgspec.structs.replace(account, verified_at=at)


def admit(account: Account) -> Account:
    """The account of one who has shown who they are. Raises `AccountLocked` or `EmailNotVerified`."""
    if account.locked_at is not None:
        raise AccountLocked
    if account.verified_at is None:
        raise EmailNotVerified
    return account


def lock(account: Account, at: datetime) -> Account:
    """Nobody gets in any more; a locked account stays locked since it was."""
    return account if account.locked_at is not None else msgspec.structs.replace(account, locked_at=at)


def unlock(account: Account) -> Account:
    """Let its owner in again."""
    return msgspec.structs.replace(account, locked_at=None)


def remember(account: Account, network: tuple[str, ...]) -> Account:
    """Note where the owner signs in from, by the first of its names: guesses from elsewhere must not keep them out."""
    if not network or account.networks[-1:] == network[:1]:
        return account
    others = [known for known in account.networks if known not in network]
    return msgspec.structs.replace(account, networks=(*others, network[0])[-_NETWORKS:])


def ask_email_change(account: Account, change: EmailChange) -> Account:
    """Begin a change of address; one that was under way is void.

    To ask once more for the same address within the minute, in which its mailbox gets no second mail, changes nothing:
    the link that is in the first one stays good.
    """
    under_way = account.email_change
    if under_way and under_way.email == change.email and change.asked_at - under_way.asked_at < _A_MINUTE:
        return account
    return msgspec.structs.replace(account, email_change=change)


def agree_to_email_change(account: Account, change_id: str, *, by_new: bool) -> Account:
    """One of the mailboxes agrees; the second one makes it so, and every link that was mailed before is void.

    Raises `InvalidLink` if this change is not under way, or the mailbox has agreed before.
    """
    change = account.email_change
    if change is None or change.id != change_id or (change.new_agreed if by_new else change.old_agreed):
        raise InvalidLink
    agreed = msgspec.structs.replace(
        change, old_agreed=change.old_agreed or not by_new, new_agreed=change.new_agreed or by_new
    )
    if not (agreed.old_agreed and agreed.new_agreed):
        return msgspec.structs.replace(account, email_change=agreed)
    return msgspec.structs.replace(account, email=agreed.email, email_change=None, credentials=account.credentials + 1)

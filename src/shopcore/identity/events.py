"""What happened to accounts. Where nobody may learn whether there is one, an event names the address by its digest."""

from shopcore.kernel.events import Event
from shopcore.kernel.ids import CustomerId, SessionId


class VerificationAsked(Event, frozen=True, kw_only=True):
    """Somebody gave this address as theirs; what its mail says depends on the account, if there is one."""

    email_key: str


class ResetAsked(Event, frozen=True, kw_only=True):
    """Somebody says that they forgot the password of this address's account, if there is one."""

    email_key: str


class EmailVerified(Event, frozen=True, kw_only=True):
    """The mailbox is known to be the customer's: what was ordered with that address is theirs.

    `is_first` where it is the account's first address, with which it begins.
    """

    customer_id: CustomerId
    is_first: bool = False


class CustomerEntered(Event, frozen=True, kw_only=True):
    """Somebody signed in: what was ordered meanwhile with their address, and without their account, is theirs."""

    customer_id: CustomerId


class StrangeDeviceEntered(Event, frozen=True, kw_only=True):
    """Somebody signed in on a device and from a network that the account has not been used from: its owner is told."""

    customer_id: CustomerId
    session_id: SessionId


class EmailChangeAsked(Event, frozen=True, kw_only=True):
    """A customer wants another address, `email_key` its digest for look-ups; both mailboxes are to agree."""

    customer_id: CustomerId
    change_id: str
    email_key: str


class PasswordChanged(Event, frozen=True, kw_only=True):
    """By its owner or by a mailed link: the customer is told, in case it was neither."""

    customer_id: CustomerId


class SecondFactorChanged(Event, frozen=True, kw_only=True):
    """A second factor was taken into use, or removed: the customer is told. `proof` names one that is in use now."""

    customer_id: CustomerId
    is_on: bool
    proof: str = ""


class RecoveryCodesRenewed(Event, frozen=True, kw_only=True):
    """There are other recovery codes, and none of those before are good: the customer is told."""

    customer_id: CustomerId


class PasskeysChanged(Event, frozen=True, kw_only=True):
    """A passkey was added, or removed: the customer is told. `proof` is the id of one that was added."""

    customer_id: CustomerId
    is_added: bool
    proof: str = ""


class PasskeyCountedBack(Event, frozen=True, kw_only=True):
    """A passkey that counts behind was refused: somebody may have copied it, and the customer is told."""

    customer_id: CustomerId
    passkey_id: str


class AppCodeReused(Event, frozen=True, kw_only=True):
    """An app's code came a second time; what it had given was ended, and the customer is told."""

    customer_id: CustomerId
    session_id: SessionId


class CustomerErased(Event, frozen=True, kw_only=True):
    """The account is gone; what else is known of the person has to go."""

    customer_id: CustomerId


class RefreshTokenReused(Event, frozen=True, kw_only=True):
    """A refresh token came a second time; its session was ended, and the customer is told."""

    customer_id: CustomerId
    session_id: SessionId

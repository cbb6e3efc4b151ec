"""Passwords that are chosen and asked for, and a bound on guessing them."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from shopcore.identity.errors import InvalidCredentials, TooManyAttempts
from shopcore.identity.model import Account, Device
from shopcore.identity.model.known_devices import known_device
from shopcore.identity.model.networks import is_among, names_of
from shopcore.identity.model.passwords import checked_password, normal_password
from shopcore.identity.ports import Accounts, Attempts, Passwords
from shopcore.kernel.actor import Customer
from shopcore.kernel.sealing import Signer

Windows: TypeAlias = tuple[tuple[int, float], ...]

_HERE: Windows = ((5, 10.0), (8, 120.0), (10, 900.0), (20, 21_600.0))
_STRANGERS: Windows = ((50, 3_600.0), (100, 86_400.0))
"""So many tries in so many seconds. Each window is longer than the one before: who is wrong more often waits longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPasswords:
    """Checks and hashes passwords that somebody chooses."""

    passwords: Passwords
    common: Container[str]

    def checked(self, text: str, *personal: str | None, field: str = "password") -> str:
        """The password in its normal form. `personal` is what the account says. Raises `InvalidInput`."""
        return checked_password(text, self.common, personal=tuple(filter(None, personal)), field=field)

    async def hashed(self, text: str, *personal: str | None, field: str = "password") -> str:
        """Its hash. Raises `InvalidInput`, `PasswordsBusy`."""
        return await self.passwords.hash(self.checked(text, *personal, field=field))


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundGuesses:
    """Slows down who guesses, by what is guessed at and from where, and never its owner.

    A device that an account was signed in from has tries of its own. Any other has those of its network, and all
    networks that the owner never came from have some together. Whose network is not known have those of one.
    """

    attempts: Attempts
    signer: Signer

    async def __call__(self, key: str, account: Account | None, device: Device, now: datetime) -> str:
        """Count a try; answers its bucket, to be forgiven if it was right. Raises `TooManyAttempts`.

        `key` is there for an address without an account too, and counts alike. Once its owner has set another password,
        which takes their mailbox, nothing that came before counts.
        """
        key = f"{key}/{0 if account is None else account.credentials}"
        known = None if account is None else known_device(self.signer, account, device.token, now)
        bucket = f"sign-in/{key}/{device.network}" if known is None else f"sign-in/{key}/device/{known}"
        await self.count(bucket, _HERE, now)
        if known is None and device.network and not self._has_been_there(account, device.network):
            await self.count(f"sign-in/{key}", _STRANGERS, now)
        return bucket

    def _has_been_there(self, account: Account | None, network: str) -> bool:
        return account is not None and is_among(names_of(self.signer, account.id, network), account.networks)

    async def count(self, bucket: str, windows: Windows, now: datetime) -> None:
        """The shortest first: what it refuses does not count in a longer one. Raises `TooManyAttempts`."""
        for limit, seconds in windows:
            verdict = await self.attempts.hit(bucket, limit, seconds, now)
            if not verdict.allowed:
                raise TooManyAttempts(verdict.reset_seconds)

    async def forgive(self, bucket: str, windows: Windows = _HERE) -> None:
        """What came before the right try is forgotten."""
        for _, seconds in windows:
            await self.attempts.forget(bucket, seconds)


class Entering(NamedTuple):
    """The account of somebody who knows its password, the hash under today's cost, and what is to be forgiven."""

    account: Account
    rehashed: str
    bucket: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KnowPassword:
    """Asks somebody who is not signed in for their password. To find that there is no account takes the same time."""

    accounts: Accounts
    passwords: Passwords
    bound_guesses: BoundGuesses

    async def __call__(self, email: str, password: str, device: Device, now: datetime) -> Entering:
        """Raises `InvalidCredentials`, `TooManyAttempts`, `PasswordsBusy`."""
        account, shown = await self.accounts.find_by_email(email), normal_password(password)
        bucket = await self.bound_guesses(self.accounts.key_of(email), account, device, now)
        is_right = await self.passwords.verify(None if account is None else account.password, shown)
        if account is None or not is_right:
            raise InvalidCredentials
        hashed = account.password or ""
        rehashed = hashed if self.passwords.is_current(hashed) else await self.passwords.hash(shown)
        return Entering(account, rehashed, bucket)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmPassword:
    """Asks a customer who is signed in for their password, before what a device left open must not do."""

    accounts: Accounts
    passwords: Passwords
    bound_guesses: BoundGuesses

    async def __call__(self, customer: Customer, password: str, now: datetime) -> Account:
        """The account. Raises `InvalidCredentials`, `TooManyAttempts`, `PasswordsBusy`, `AccountNotFound`.

        Each session has tries of its own: whoever has taken one over cannot use up the owner's.
        """
        account = await self.accounts.get(customer.customer_id)
        came = "" if customer.sign_in is None else customer.sign_in.session_id
        bucket = f"confirm/{account.id}/{came}"
        await self.bound_guesses.count(bucket, _HERE, now)
        if not await self.passwords.verify(account.password, normal_password(password)):
            raise InvalidCredentials
        await self.bound_guesses.forgive(bucket)
        return account

    async def before_code(self, customer: Customer, password: str, now: datetime) -> str:
        """Where a code is asked for too: answers the bucket of its tries, to be forgiven once the code was right.

        A right password forgives none of them, neither here nor where it alone is asked for. Each session has tries of
        its own, and all sessions of an account have some together. Raises as to be asked for the password alone does.
        """
        account = await self(customer, password, now)
        bucket = f"code/{account.id}"
        session = f"{bucket}/{'' if customer.sign_in is None else customer.sign_in.session_id}"
        await self.bound_guesses.count(session, _HERE, now)
        await self.bound_guesses.count(bucket, _STRANGERS, now)
        return session

    async def forgive(self, bucket: str) -> None:
        """The code was right: what came before it is forgotten."""
        await self.bound_guesses.forgive(bucket)

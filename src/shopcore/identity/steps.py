"""Steps that several acts on accounts share: tokens for a session, a bound on guessing, and passkeys that are shown."""

import base64
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

import msgspec

from shopcore.identity.errors import (
    InvalidCredentials,
    InvalidPasskey,
    InvalidRefreshToken,
    SessionNotFound,
    TooManyAttempts,
)
from shopcore.identity.events import PasswordChanged, RefreshTokenReused
from shopcore.identity.model import Account, Assertion, Attestation, Device, NewKey, Passkey, Session, Tokens, Use
from shopcore.identity.model.access import claims_of
from shopcore.identity.model.challenges import Ceremony, challenge_for, digest_of, over_at, require_own
from shopcore.identity.model.known_devices import known_device
from shopcore.identity.model.passkeys import find_credential, used, user_handle
from shopcore.identity.model.passwords import checked_password, normal_password
from shopcore.identity.model.sessions import Presented, present, read_refresh_token, refresh_token
from shopcore.identity.ports import AccessTokens, Accounts, Attempts, Passkeys, Passwords, Sessions, SpentTokens
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.audit import Audit
from shopcore.kernel.events import Event, Events
from shopcore.kernel.ids import CustomerId, Ids
from shopcore.kernel.sealing import Signer

Windows: TypeAlias = tuple[tuple[int, float], ...]

_HERE: Windows = ((5, 10.0), (8, 120.0), (10, 900.0), (20, 21_600.0))
_STRANGERS: Windows = ((50, 3_600.0), (100, 86_400.0))
"""So many tries in so many seconds. Each window is longer than the one before: who is wrong more often waits longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueTokens:
    """The tokens of a session as it is."""

    access_tokens: AccessTokens
    signer: Signer

    def __call__(self, session: Session, now: datetime, scopes: tuple[str, ...] | None = None) -> Tokens:
        """An access token for the next minutes, and the refresh token of the session's counter.

        The access token can have fewer `scopes` than the session of an app.
        """
        claims = claims_of(session, now, scopes)
        return Tokens(
            access_token=self.access_tokens.issue(claims),
            refresh_token=refresh_token(self.signer, session.id, session.counter),
            expires_in=int((claims.expires_at - now).total_seconds()),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RotateSession:
    """Takes a refresh token, inside a unit of work. Each is good once, and for the client that it was given to."""

    sessions: Sessions
    signer: Signer
    events: Events

    async def __call__(self, refresh_token: str, client_id: str, now: datetime) -> Session | None:
        """The session with its next token; None where this one came a second time: then the session is ended.

        `client_id` is empty for what was given to no app. Raises `InvalidRefreshToken`; then nothing changed.
        """
        session_id, counter = read_refresh_token(self.signer, refresh_token)
        presented = Presented.REUSED

        def show(held: Session) -> Session:
            nonlocal presented
            if held.client_id != client_id:
                raise InvalidRefreshToken
            changed, presented = present(held, counter, now)
            return changed

        try:
            session = await self.sessions.update(session_id, show)
        except SessionNotFound:
            raise InvalidRefreshToken from None
        if presented is not Presented.REUSED:
            return session
        await self.events.publish(RefreshTokenReused(at=now, customer_id=session.customer_id, session_id=session.id))
        return None


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
    networks that the owner never came from have some together.
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
        if known is None and (account is None or device.network not in account.networks):
            await self.count(f"sign-in/{key}", _STRANGERS, now)
        return bucket

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """Says what happened, to the audit log and to whoever has to act on it, inside a unit of work."""

    events: Events
    audit: Audit

    async def __call__(self, actor: Actor, action: str, customer_id: CustomerId, event: Event) -> None:
        """Ids only."""
        await self.events.publish(event)
        await self.audit.record(actor, action, customer_id, before={}, after={})


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplacePassword:
    """Sets another password and ends the sessions that the old one opened, inside a unit of work."""

    accounts: Accounts
    sessions: Sessions
    witness: Witness

    async def __call__(self, actor: Customer, action: str, change: Callable[[Account], Account], now: datetime) -> None:
        """All but the session that the actor came with. `change` sets the password. Raises what it raises."""
        customer_id, came = actor.customer_id, actor.sign_in
        await self.accounts.update(customer_id, change)
        await self.sessions.end_all(customer_id, now, None if came is None else came.session_id)
        await self.witness(actor, action, customer_id, PasswordChanged(at=now, customer_id=customer_id))


class Shown(NamedTuple):
    """A passkey that was shown: the account with its use noted, which one it was, and what was verified."""

    account: Account
    passkey: Passkey
    use: Use


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceremonies:
    """Gives challenges to be signed, and takes each back once: what an authenticator makes of it is verified here."""

    passkeys: Passkeys
    spent: SpentTokens
    signer: Signer
    ids: Ids

    def challenge(self, ceremony: Ceremony, subject: str, now: datetime) -> str:
        """A new challenge in base64url. Nothing is kept of it."""
        raw = challenge_for(self.signer, ceremony, subject, self.ids.secret(), now)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def answered(self, answer: Attestation | Assertion, ceremony: Ceremony, subject: str, now: datetime) -> bytes:
        """The challenge that was answered, if it is one of this shop's for just this. Raises `InvalidPasskey`."""
        challenge = self.passkeys.challenge_in(answer.client_data)
        require_own(self.signer, ceremony, subject, challenge, now)
        return challenge

    async def spend(self, challenge: bytes) -> None:
        """Use a challenge up, inside a unit of work. Raises `InvalidPasskey` if it was before."""
        if not await self.spent.spend(digest_of(challenge), over_at(challenge)):
            raise InvalidPasskey

    def made(self, attestation: Attestation, challenge: bytes) -> NewKey:
        """A new passkey, verified. Raises `InvalidPasskey`."""
        return self.passkeys.made(attestation, challenge)

    def shown(self, account: Account, assertion: Assertion, challenge: bytes, now: datetime) -> Shown:
        """The account that shows one of its passkeys. Raises `InvalidPasskey`, whatever is wrong."""
        passkey = find_credential(account.passkeys, assertion.credential)
        if passkey is None or assertion.user_handle not in {None, user_handle(account.id)}:
            raise InvalidPasskey
        use = self.passkeys.used(passkey, assertion, challenge)
        held = used(account.passkeys, passkey.id, use, now)
        return Shown(msgspec.structs.replace(account, passkeys=held), passkey, use)

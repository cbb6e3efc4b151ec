"""Steps that several acts on accounts share: tokens for a session, a bound on guessing, and passkeys that are shown."""

import base64
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from shopcore.identity.errors import InvalidCredentials, InvalidPasskey, TooManyAttempts
from shopcore.identity.events import PasswordChanged
from shopcore.identity.model import Account, Assertion, Attestation, NewKey, Passkey, Session, Tokens, Use
from shopcore.identity.model.access import claims_of
from shopcore.identity.model.challenges import Ceremony, challenge_for, digest_of, over_at, require_own
from shopcore.identity.model.passkeys import find_credential, used, user_handle
from shopcore.identity.model.passwords import checked_password, normal_password
from shopcore.identity.model.sessions import refresh_token
from shopcore.identity.ports import AccessTokens, Accounts, Attempts, Passkeys, Passwords, Sessions, SpentTokens
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.audit import Audit
from shopcore.kernel.events import Event, Events
from shopcore.kernel.ids import CustomerId, Ids
from shopcore.kernel.sealing import Signer

_HERE, _HERE_SECONDS = 10, 900.0
_ANYWHERE, _ANYWHERE_SECONDS = 50, 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueTokens:
    """The tokens of a session as it is."""

    access_tokens: AccessTokens
    signer: Signer

    def __call__(self, session: Session, now: datetime) -> Tokens:
        """An access token for the next minutes, and the refresh token of the session's counter."""
        claims = claims_of(session, now)
        return Tokens(
            access_token=self.access_tokens.issue(claims),
            refresh_token=refresh_token(self.signer, session.id, session.counter),
            expires_in=int((claims.expires_at - now).total_seconds()),
        )


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
    """So many tries at one account from one network, and so many from all networks that its owner never came from.

    The second bound does not hold for the owner's own networks: who guesses from elsewhere cannot keep them out.
    """

    attempts: Attempts

    async def __call__(self, account_key: str, network: str, known: tuple[str, ...], now: datetime) -> None:
        """Count a try. `account_key` is there for an address without an account too. Raises `TooManyAttempts`."""
        await self._count(f"sign-in/{account_key}/{network}", _HERE, _HERE_SECONDS, now)
        if network not in known:
            await self._count(f"sign-in/{account_key}", _ANYWHERE, _ANYWHERE_SECONDS, now)

    async def _count(self, key: str, limit: int, seconds: float, now: datetime) -> None:
        verdict = await self.attempts.hit(key, limit, seconds, now)
        if not verdict.allowed:
            raise TooManyAttempts(verdict.reset_seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmPassword:
    """Asks a customer who is signed in for their password, before what a device left open must not do."""

    accounts: Accounts
    passwords: Passwords
    bound_guesses: BoundGuesses

    async def __call__(self, customer: Customer, password: str, now: datetime) -> Account:
        """The account. Raises `InvalidCredentials`, `TooManyAttempts`, `PasswordsBusy`, `AccountNotFound`."""
        account = await self.accounts.get(customer.customer_id)
        await self.bound_guesses(f"confirm/{account.id}", "", ("",), now)
        if not await self.passwords.verify(account.password, normal_password(password)):
            raise InvalidCredentials
        return account


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

"""What accounts need from outside: a store, and the arts of keeping secrets."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shopcore.identity.model import Account, Assertion, Attestation, Claims, NewKey, Passkey, Session, Use
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.kernel.paging import Position, Slice


class Accounts(Protocol):
    """Accounts by id and by e-mail address. Everything in them is stored sealed.

    A passkey's credential id is one account's (WebAuthn Level 3, 7.1).
    """

    async def add(self, account: Account) -> None:
        """Store a new account.

        Raises `EmailTaken` if another one has its e-mail address, `PasskeyTaken` if another one has one of its
        passkeys; then nothing was stored.
        """
        ...

    async def update(self, customer_id: CustomerId, change: Callable[[Account], Account]) -> Account:
        """Replace the account by what `change` makes of it, atomically, and count its version up.

        Raises `AccountNotFound`, `EmailTaken`, `PasskeyTaken`, or whatever `change` raises; then nothing changed. Two
        concurrent updates are both kept. A `change` that returns an equal account is a no-op.
        """
        ...

    async def get(self, customer_id: CustomerId) -> Account:
        """Raises `AccountNotFound`."""
        ...

    async def find_by_email(self, email: str) -> Account | None:
        """By an address in its normal form; None when nobody has it."""
        ...

    def key_of(self, email: str) -> str:
        """The keyed digest of an address in its normal form: what a job may carry in its place. Nothing is stored."""
        ...

    async def find_by_key(self, key: str) -> Account | None:
        """The account whose address has this digest; None when nobody's has."""
        ...

    async def page(self, before: Position | None, limit: int) -> Slice[Account]:
        """Accounts before that position, newest first (by id)."""
        ...

    async def remove(self, customer_id: CustomerId) -> None:
        """Forget an account and all that is in it; its address is free again, and so are its passkeys.

        A no-op when it is not there.
        """
        ...

    async def date_waiting(self, limit: int) -> int:
        """Note since when accounts wait that an earlier program wrote, which did not note it: of at most so many.

        MUST look at each account once; answers at how many it looked. Nothing that can be read of them changes.
        """
        ...

    async def remove_unverified(self, until: datetime, limit: int) -> int:
        """Forget at most so many accounts that wait since then or longer to be verified, as `remove` does.

        One that is locked stays, so that its address does. MUST spare one that is verified at the same moment; answers
        how many were forgotten.
        """
        ...


class Sessions(Protocol):
    """Sessions by id and by customer. What a device calls itself is stored sealed."""

    async def add(self, session: Session) -> None:
        """Store a new session."""
        ...

    async def update(self, session_id: SessionId, change: Callable[[Session], Session]) -> Session:
        """Replace the session by what `change` makes of it, atomically, and count its version up.

        Raises `SessionNotFound`, or whatever `change` raises; then nothing changed. Of two concurrent updates the
        second sees what the first wrote. A `change` that returns an equal session is a no-op. A session that has ended
        MUST stay ended.
        """
        ...

    async def get(self, session_id: SessionId) -> Session:
        """Live or not. Raises `SessionNotFound`."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Session]:
        """Those that have not ended, expired ones included, oldest first."""
        ...

    async def end_all(self, customer_id: CustomerId, at: datetime, spare: SessionId | None = None) -> int:
        """End all of a customer's sessions but one, atomically; answers how many that were."""
        ...

    async def end_longest_unused(self, customer_id: CustomerId, keep: int, at: datetime) -> int:
        """End those of a customer's sessions that are `beyond` so many, atomically; answers how many that were."""
        ...

    async def remove_expired(self, now: datetime, limit: int) -> int:
        """Forget at most so many whose time is over, ended or not; answers how many that were."""
        ...


class Passwords(Protocol):
    """A slow, salted hash that is made for passwords. Never called while a transaction is open."""

    async def hash(self, password: str) -> str:
        """A hash under today's cost. Raises `PasswordsBusy` when too many are waiting; then nothing was computed.

        MUST take as long as to verify one: who registers is told nothing by time either.
        """
        ...

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password of that hash, whatever cost that has. Raises `PasswordsBusy`.

        MUST take as long for None, which is no password's, as for a hash of any cost that the accounts have.
        """
        ...

    def is_current(self, hashed: str) -> bool:
        """Whether it was made under today's cost."""
        ...


class AccessTokens(Protocol):
    """Tokens that say who came, signed by one key and readable with several."""

    def issue(self, claims: Claims) -> str:
        """Sign under the first key."""
        ...

    def read(self, token: str) -> Claims:
        """What a token says, whatever the time.

        Raises `InvalidAccessToken` unless it was signed for this shop, as an access token, by a key that it knows, with
        the algorithm of that key; a token MUST NOT choose either.
        """
        ...

    def public_keys(self) -> Sequence[Mapping[str, str]]:
        """The public keys as JWKs (RFC 7517), the signing one first."""
        ...


class OneTimeCodes(Protocol):
    """Codes of an authenticator by time (RFC 6238): six digits, a new one every 30 seconds."""

    def new_secret(self) -> str:
        """At least 160 random bits in base 32, from a cryptographic source."""
        ...

    def uri(self, secret: str, name: str) -> str:
        """What an authenticator reads from a QR code: `otpauth://totp/...`."""
        ...

    def step_of(self, secret: str, code: str, now: datetime) -> int | None:
        """The time step that the code is of: this one, or one to either side (RFC 6238, 5.2); None for any other."""
        ...


class Passkeys(Protocol):
    """What authenticators make and sign (WebAuthn Level 3), verified for this shop's domain and its pages."""

    @property
    def domain(self) -> str:
        """The relying party's id: passkeys are made for this domain and no other."""
        ...

    def challenge_in(self, client_data: str) -> bytes:
        """What a browser says it was given to sign, not yet believed. Raises `InvalidPasskey` for what is no answer."""
        ...

    def made(self, attestation: Attestation, challenge: bytes) -> NewKey:
        """Verify a new passkey (7.1). Raises `InvalidPasskey`.

        MUST refuse another challenge, domain or origin, one inside a frame of another site, a key whose algorithm
        browsers were not offered, and one whose owner was not there.
        """
        ...

    def used(self, passkey: Passkey, assertion: Assertion, challenge: bytes) -> Use:
        """Verify a use of this passkey (7.2), whatever account it is of. Raises `InvalidPasskey` or `PasskeyCopied`.

        MUST refuse another credential, challenge, domain or origin, one inside a frame of another site, a signature
        that is not by its key, and an owner who was not there; and with `PasskeyCopied`, only where all else is right,
        a counter that has not grown unless both are 0.
        """
        ...


class SpentTokens(Protocol):
    """What is good once and was used: remembered until its time is over. Named by digest alone."""

    async def spend(self, digest: str, until: datetime) -> bool:
        """Whether this is the first time, in the transaction in progress: of two at once, one is the first.

        What is undone with its transaction was not spent.
        """
        ...

    async def forget(self, now: datetime, limit: int) -> int:
        """Forget at most so many whose time is over; answers how many that were."""
        ...


class Allowed(Protocol):
    """What a limiter says of one attempt."""

    @property
    def allowed(self) -> bool:
        """Whether it may be made."""
        ...

    @property
    def reset_seconds(self) -> float:
        """When the next one may, if it may not."""
        ...


class Attempts(Protocol):
    """Counts attempts per key over a sliding window."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowed:
        """Count one attempt, if it is allowed."""
        ...

    async def forget(self, key: str, window_seconds: float) -> None:
        """Forget the attempts that were counted for this key and this window."""
        ...

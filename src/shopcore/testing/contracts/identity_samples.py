"""Plain accounts and sessions that the contracts are told with. Each is named by a word, which is its id."""

from datetime import timedelta

from shopcore.identity.model import Account, Passkey, Session
from shopcore.identity.model.sessions import IDLE_LIFETIME
from shopcore.kernel.ids import CustomerId, PasskeyId, SessionId
from shopcore.testing.contracts.samples import NOON


def an_account(name: str, *, email: str | None = None) -> Account:
    """A verified account with the address `<name>@post.example`."""
    return Account(
        id=CustomerId(name),
        email=email or f"{name}@post.example",
        created_at=NOON,
        name=name.capitalize(),
        password=f"the hash of {name}'s password",
        verified_at=NOON,
    )


def a_passkey(name: str) -> Passkey:
    """A passkey whose credential is named by a word."""
    return Passkey(
        id=PasskeyId(f"passkey {name}"), credential=name, public_key=b"a key", name="My telephone", created_at=NOON
    )


def a_session(name: str, *, customer: str = "ann", minutes: int = 0) -> Session:
    """A session that was opened so many minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    return Session(
        id=SessionId(name),
        customer_id=CustomerId(customer),
        created_at=at,
        authenticated_at=at,
        rotated_at=at,
        expires_at=at + IDLE_LIFETIME,
        methods=("pwd",),
        device="a telephone",
    )

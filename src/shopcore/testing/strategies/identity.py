"""Strategies for accounts and sessions."""

from datetime import timedelta

from hypothesis import strategies as st

from shopcore.identity.model import Account, EmailChange, Passkey, SavedAddress, SecondFactor, Session
from shopcore.kernel.ids import AddressId, CustomerId, PasskeyId, SessionId
from shopcore.testing.strategies.cart import emails
from shopcore.testing.strategies.kernel import addresses, ids, instants, texts


def second_factors() -> st.SearchStrategy[SecondFactor]:
    """One that waits for its first code, or one in use with some of its recovery codes left."""
    secrets, hashes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=32, max_size=32), st.text(max_size=8)
    used = st.builds(
        SecondFactor,
        secret=st.none() | secrets,
        confirmed_at=instants(),
        last_step=st.integers(0, 10**8),
        recovery=st.lists(hashes, max_size=3).map(tuple),
        vouched_at=st.none() | instants(),
    )
    return st.builds(SecondFactor, secret=secrets) | used


def passkeys() -> st.SearchStrategy[Passkey]:
    """Any passkey."""
    return st.builds(
        Passkey,
        id=ids().map(PasskeyId),
        credential=ids(),
        public_key=st.binary(min_size=1, max_size=80),
        name=texts(),
        created_at=instants(),
        sign_count=st.integers(0, 2**32 - 1),
        synced=st.booleans(),
        transports=st.lists(st.sampled_from(("internal", "usb", "hybrid")), max_size=2).map(tuple),
        last_used_at=st.none() | instants(),
        vouched_at=st.none() | instants(),
    )


def accounts() -> st.SearchStrategy[Account]:
    """Any account, verified or not, with something in every field."""
    saved = st.builds(SavedAddress, id=ids().map(AddressId), address=addresses())
    change = st.builds(EmailChange, id=ids(), email=emails(), asked_at=instants(), old_agreed=st.booleans())
    return st.builds(
        Account,
        id=ids().map(CustomerId),
        email=emails(),
        created_at=instants(),
        name=st.none() | texts(),
        password=st.none() | texts(),
        credentials=st.integers(1, 100),
        verified_at=st.none() | instants(),
        locked_at=st.none() | instants(),
        email_change=st.none() | change,
        addresses=st.lists(saved, max_size=3, unique_by=lambda one: one.id).map(tuple),
        second_factor=st.none() | second_factors(),
        passkeys=st.lists(passkeys(), max_size=3, unique_by=(lambda one: one.id, lambda one: one.credential)).map(
            tuple
        ),
        networks=st.lists(texts(), max_size=3, unique=True).map(tuple),
        version=st.integers(1, 1_000),
    )


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Any session, live or not."""
    created_at = draw(instants())
    return Session(
        id=SessionId(draw(ids())),
        customer_id=CustomerId(draw(ids())),
        created_at=created_at,
        authenticated_at=created_at,
        rotated_at=created_at + timedelta(seconds=draw(st.integers(0, 10**6))),
        expires_at=created_at + timedelta(seconds=draw(st.integers(0, 10**7))),
        methods=draw(st.sampled_from((("pwd",), ("pwd", "otp", "mfa", "vouched"), ("mail",)))),
        device=draw(st.just("") | texts()),
        origin=draw(st.sampled_from(("", "203.0.113.0/24"))),
        counter=draw(st.integers(0, 1_000)),
        ended_at=draw(st.none() | instants()),
        version=draw(st.integers(1, 1_000)),
    )

"""One key, one request, one reply: whoever asks, however often, whoever crashed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.idempotency.errors import KeyReused, RequestInProgress
from shopcore.idempotency.model import LEASE, Claim, fingerprint, owner_of, scope, take_over
from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Staff, System
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import CustomerId

pytestmark = pytest.mark.core

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

TakeOver: TypeAlias = Callable[[Claim, Claim, datetime], Claim]
Scope: TypeAlias = Callable[[str, str, str], str]
Fingerprint: TypeAlias = Callable[[bytes], str]


@st.composite
def requests(draw: st.DrawFn) -> tuple[Claim, Claim, datetime]:
    """A claim that is there, another request under its key, and when that comes: in time, just in time, late."""
    existing = Claim(
        key="key",
        fingerprint=draw(st.sampled_from(("one body", "another body"))),
        claimed_at=NOON,
        leased_until=NOON + LEASE,
        owner="first",
        correlation_id="request-1",
        ids={"order": "o1"},
        point=draw(st.sampled_from(("claimed", "placed"))),
        outcome=draw(st.none() | st.binary(max_size=20)),
    )
    now = NOON + draw(st.sampled_from((timedelta(0), LEASE - timedelta(microseconds=1), LEASE, 100 * LEASE)))
    wanted = replace(existing, fingerprint="one body", claimed_at=now, leased_until=now + LEASE, owner="second")
    return existing, replace(wanted, correlation_id="request-2", ids={"order": "o2"}, outcome=None), now


def answer(take: TakeOver, existing: Claim, wanted: Claim, now: datetime) -> Claim | type[Exception]:
    """What the second request gets: a claim, or a refusal."""
    try:
        return take(existing, wanted, now)
    except (KeyReused, RequestInProgress) as refusal:
        return type(refusal)


def is_answered_once(take: TakeOver, example: tuple[Claim, Claim, datetime]) -> None:
    """Another body is refused; a reply is replayed; a running request is waited for; a lapsed one goes on as it was."""
    existing, wanted, now = example
    got = answer(take, existing, wanted, now)

    if existing.fingerprint != wanted.fingerprint:
        assert got is KeyReused
    elif existing.outcome is not None:
        assert got == existing
    elif now < existing.leased_until:
        assert got is RequestInProgress
    else:
        assert got == replace(existing, owner="second", leased_until=now + LEASE)


@given(requests())
def test_a_key_is_answered_once(example: tuple[Claim, Claim, datetime]) -> None:
    """With the ids, the point and the correlation of the first request."""
    is_answered_once(take_over, example)


def _starts_over(existing: Claim, wanted: Claim, now: datetime) -> Claim:
    taken = take_over(existing, wanted, now)
    return taken if taken.outcome is not None else wanted


def _impatient(existing: Claim, wanted: Claim, now: datetime) -> Claim:
    return take_over(replace(existing, leased_until=NOON), wanted, now)


def _trusting(existing: Claim, wanted: Claim, now: datetime) -> Claim:
    return take_over(existing, replace(wanted, fingerprint=existing.fingerprint), now)


def _forgetful(existing: Claim, wanted: Claim, now: datetime) -> Claim:
    return take_over(replace(existing, outcome=None), wanted, now)


@pytest.mark.parametrize("planted", [_starts_over, _impatient, _trusting, _forgetful])
def test_wrong_ways_to_take_over_are_noticed(planted: TakeOver) -> None:
    """With new ids; before the lease is over; another body; the same order again."""
    caught(lambda example: is_answered_once(planted, example), requests())


@given(requests())
def test_one_who_waits_is_told_how_long(example: tuple[Claim, Claim, datetime]) -> None:
    """Until the lease is over, in seconds, never more than it lasts."""
    existing, wanted, now = example
    try:
        take_over(existing, wanted, now)
    except KeyReused:
        return
    except RequestInProgress as refusal:
        wait = refusal.retry_after

        assert wait is not None
        assert 0 < wait <= LEASE.total_seconds()
        assert now + timedelta(seconds=wait) == existing.leased_until


PARTS = st.tuples(*(st.text("ab/", max_size=3) for _ in range(3)))


def tells_apart(naming: Scope, pair: tuple[tuple[str, str, str], tuple[str, str, str]]) -> None:
    """Two names are equal if all three parts are."""
    first, second = pair

    assert (naming(*first) == naming(*second)) == (first == second)
    assert len(naming(*first)) == 64


@given(st.tuples(PARTS, PARTS))
def test_a_key_belongs_to_its_actor_and_act(pair: tuple[tuple[str, str, str], tuple[str, str, str]]) -> None:
    """The same key of somebody else, or for something else, is another one."""
    tells_apart(scope, pair)


@pytest.mark.parametrize(
    "planted",
    [
        lambda actor, act, key: scope("", act, key),
        lambda actor, act, key: scope("", "", actor + act + key),
        lambda actor, act, key: f"{actor}/{act}/{key}".rjust(64),
    ],
    ids=["anybody's", "run together", "in the clear"],
)
def test_wrong_names_are_noticed(planted: Scope) -> None:
    caught(lambda pair: tells_apart(planted, pair), st.tuples(PARTS, PARTS))


def compares(digest: Fingerprint, pair: tuple[bytes, bytes]) -> None:
    """Equal bodies, and only those."""
    first, second = pair

    assert (digest(first) == digest(second)) == (first == second)


BODIES = st.tuples(st.binary(max_size=3), st.binary(max_size=3))


@given(BODIES)
def test_a_body_is_compared_to_the_byte(pair: tuple[bytes, bytes]) -> None:
    compares(fingerprint, pair)


def test_a_body_compared_by_its_length_is_noticed() -> None:
    caught(lambda pair: compares(lambda body: str(len(body)), pair), BODIES)


ACTORS: tuple[Actor, ...] = (
    Guest(cart_token="a"),
    Guest(cart_token="b"),
    Guest(order_token="a"),
    Customer(customer_id=CustomerId("a")),
    Customer(customer_id=CustomerId("b")),
    Staff(name="a"),
    Integration(name="a"),
    System(kind="a"),
)


def test_no_two_actors_share_their_keys() -> None:
    """Also where they have the same name in different roles."""
    assert len({owner_of(actor, "1") for actor in ACTORS}) == len(ACTORS)


@given(st.text(max_size=20))
def test_somebody_unknown_needs_a_key_that_nobody_guesses(key: str) -> None:
    """Since all of them share one name."""
    if len(key) < 16:
        with pytest.raises(InvalidInput):
            owner_of(Guest(), key)
    else:
        assert owner_of(Guest(), key) == "guest"


@given(requests())
def test_encoded_and_decoded_it_is_the_same(example: tuple[Claim, Claim, datetime]) -> None:
    """The stored form loses nothing, the bytes of a reply included."""
    assert msgspec.json.decode(msgspec.json.encode(example[0]), type=Claim) == example[0]

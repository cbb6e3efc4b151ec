"""An altered log shows, and says where."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.audit.model import GENESIS, Entry, EntryFilter, Verification, chain, following, is_before, verified
from shopcore.testing.strategies.kernel import instants

pytestmark = pytest.mark.core

Log: TypeAlias = list[Entry]
Verify: TypeAlias = Callable[[Sequence[Entry]], Verification]

FIGURES = st.dictionaries(st.sampled_from(("state", "on_hand")), st.sampled_from(("1", "2", "active")), max_size=2)


@st.composite
def logs(draw: st.DrawFn, *, least: int = 1) -> Log:
    """An honest log."""
    log: Log = []
    for _ in range(draw(st.integers(least, 6))):
        sequence, previous = following(log[-1] if log else None)
        entry = Entry(
            sequence=sequence,
            at=draw(instants()),
            actor=draw(st.sampled_from(("staff:a", "staff:b"))),
            action=draw(st.sampled_from(("stock.adjust", "order.cancel"))),
            subject="sku:SHIRT",
            before=draw(FIGURES),
            after=draw(FIGURES),
            correlation_id="request-1",
            previous=previous,
        )
        log.append(chain(entry))
    return log


def whole(log: Sequence[Entry]) -> Verification:
    """Verify it in one go."""
    return verified(Verification(), log)


CHANGES: dict[str, Callable[[Entry], Entry]] = {
    "sequence": lambda entry: replace(entry, sequence=entry.sequence + 1),
    "at": lambda entry: replace(entry, at=entry.at + timedelta(microseconds=1)),
    "actor": lambda entry: replace(entry, actor="staff:c"),
    "action": lambda entry: replace(entry, action="order.refund"),
    "subject": lambda entry: replace(entry, subject="sku:TROUSERS"),
    "before": lambda entry: replace(entry, before={**entry.before, "price": "1"}),
    "after": lambda entry: replace(entry, after={**entry.after, "price": "1"}),
    "correlation_id": lambda entry: replace(entry, correlation_id=""),
    "previous": lambda entry: replace(entry, previous="f" * 64),
    "origin": lambda entry: replace(entry, origin="192.0.2.0/24"),
    "digest": lambda entry: replace(entry, digest="f" * 64),
}


@given(logs(least=0))
def test_an_honest_log_is_intact(log: Log) -> None:
    """Read whole or in pages; its last digest can be written down elsewhere."""
    found = whole(log)

    assert found == Verification(entries=len(log), digest=log[-1].digest if log else GENESIS)
    in_pages = Verification()
    for entry in log:
        in_pages = verified(in_pages, [entry])
    assert in_pages == found


ALTERED = st.tuples(logs(), st.integers(0, 5), st.sampled_from(sorted(CHANGES)))


def names_the_altered(verify: Verify, log: Log, place: int, field: str) -> None:
    """The first altered entry is the one that was."""
    index = place % len(log)
    altered = [*log[:index], CHANGES[field](log[index]), *log[index + 1 :]]

    assert verify(altered).first_altered == index + 1


@given(ALTERED)
def test_an_altered_field_is_found_and_named(example: tuple[Log, int, str]) -> None:
    """Each of them, in any entry."""
    names_the_altered(whole, *example)


def test_every_field_is_altered_somewhere() -> None:
    """A field that is new belongs into the table above."""
    assert set(CHANGES) == set(Entry.__struct_fields__)


def _chain_alone(log: Sequence[Entry]) -> Verification:
    """Looks at the links and believes the rest."""
    previous, place = GENESIS, 0
    for place, entry in enumerate(log, 1):
        if entry.previous != previous:
            return Verification(entries=place - 1, first_altered=place)
        previous = entry.digest
    return Verification(entries=place)


def _says_that_something_is_wrong(log: Sequence[Entry]) -> Verification:
    found = whole(log)
    return found if found.first_altered is None else replace(found, first_altered=1)


@pytest.mark.parametrize("planted", [_chain_alone, _says_that_something_is_wrong])
def test_wrong_ways_to_verify_are_noticed(planted: Verify) -> None:
    """The links without what they link; an alarm without a place."""
    caught(lambda example: names_the_altered(planted, *example), ALTERED)


@given(logs(least=2), st.data())
def test_a_removed_or_moved_entry_is_found(log: Log, data: st.DataObject) -> None:
    """Whoever takes an entry out of the middle, or swaps two, breaks the chain there."""
    index = data.draw(st.integers(0, len(log) - 2))

    assert whole(log[:index] + log[index + 1 :]).first_altered == index + 1
    swapped = [*log[:index], log[index + 1], log[index], *log[index + 2 :]]
    assert whole(swapped).first_altered == index + 1


@given(logs(), st.integers(0, 5))
def test_an_entry_forged_with_its_digest_breaks_the_next(log: Log, place: int) -> None:
    """Closing the altered entry anew only moves the alarm; at the end, the digest that was written down tells."""
    index = place % len(log)
    forged = [*log[:index], chain(CHANGES["after"](log[index])), *log[index + 1 :]]

    found = whole(forged)
    if index == len(log) - 1:
        assert (found.first_altered, found.digest == log[-1].digest) == (None, False)
    else:
        assert found.first_altered == index + 2


@given(logs())
def test_encoded_and_decoded_it_is_the_same(log: Log) -> None:
    """The stored form loses nothing, and still verifies."""
    stored = [msgspec.json.decode(msgspec.json.encode(entry), type=Entry) for entry in log]

    assert stored == log
    assert whole(stored).first_altered is None


EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@given(logs(least=1), st.sampled_from(EVER))
def test_any_moment_can_be_looked_for(log: Log, at: datetime) -> None:
    """Also one that the calendar ends at."""
    assert is_before(EntryFilter(since=at), log[-1]) is (at == EVER[1])

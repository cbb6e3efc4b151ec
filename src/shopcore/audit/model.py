"""Who did what, when: entries chained by hash, so that an altered one shows."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

GENESIS = "0" * 64
"""What the first entry is chained to."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One act. `before` and `after` hold figures, states and ids, never personal values.

    `origin` is the network that the request came from, masked so that it names no person; it is unset where nobody on a
    network asked, so that entries from before there was one keep their digest.
    """

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: dict[str, str]
    after: dict[str, str]
    correlation_id: str
    previous: str
    origin: str | UnsetType = UNSET
    digest: str = ""


_EMAIL = re.compile(r"[^\s@,;:<>\"]+@[^\s@,;:<>\"]+")


def discreet(values: Mapping[str, str]) -> dict[str, str]:
    """The values of a change, with e-mail addresses struck out: a text that staff wrote may quote a customer."""
    return {name: _EMAIL.sub("***@***", value) for name, value in values.items()}


def unreadable(sequence: int) -> Entry:
    """Stands for an entry of which nothing can be read any more; it is never intact."""
    nothing: dict[str, str] = {}
    return Entry(
        sequence=sequence,
        at=datetime.fromtimestamp(0, UTC),
        actor="",
        action="unreadable",
        subject="",
        before=nothing,
        after=nothing,
        correlation_id="",
        previous="",
    )


def chain(entry: Entry) -> Entry:
    """Close an entry with the SHA-256 of its fields, which include the digest of the one before."""
    body = msgspec.json.encode(msgspec.structs.replace(entry, digest=""), order="deterministic")
    return msgspec.structs.replace(entry, digest=hashlib.sha256(body).hexdigest())


def is_intact(entry: Entry, previous: str) -> bool:
    """Whether it is as it was written, and follows the entry with that digest."""
    return entry.previous == previous and chain(entry).digest == entry.digest


def following(last: Entry | None) -> tuple[int, str]:
    """The sequence of the next entry, and the digest that it is chained to; None is an empty log."""
    return (1, GENESIS) if last is None else (last.sequence + 1, last.digest)


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are looked for: all that fit everything that is named. `since` is in, `until` is out.

    An `actor` is found in person and through apps.
    """

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_CLOCKS = timedelta(minutes=5)  # by which the clocks of a shop's servers may differ, generously


def fits(wanted: EntryFilter, entry: Entry) -> bool:
    """Whether it is one of those."""
    return (
        wanted.subject in {None, entry.subject}
        and (wanted.actor is None or entry.actor == wanted.actor or entry.actor.startswith(f"{wanted.actor}/"))
        and wanted.action in {None, entry.action}
        and (wanted.since is None or wanted.since <= entry.at)
        and (wanted.until is None or entry.at < wanted.until)
    )


def is_before(wanted: EntryFilter, entry: Entry) -> bool:
    """Whether neither it nor any entry before it is one of those: entries are in the order of their time."""
    return wanted.since is not None and wanted.since - entry.at > _CLOCKS


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk over the log found: so many entries are as they were written, up to the first altered one, if any.

    Entries cut off at the end leave a log that is intact in itself: compare `digest`, of the last good entry, with one
    that was written down elsewhere. `next_cursor` is from where to go on, where the walk has stopped before the end.
    """

    entries: int = 0
    digest: str = GENESIS
    first_altered: int | None = None
    next_cursor: str | None = None


def verified(so_far: Verification, entries: Sequence[Entry]) -> Verification:
    """Walk over the next entries; stops at the first that was altered, removed, added or moved, and names its place."""
    for entry in entries:
        if so_far.first_altered is not None:
            break
        place = so_far.entries + 1
        if entry.sequence == place and is_intact(entry, so_far.digest):
            so_far = Verification(entries=place, digest=entry.digest)
        else:
            so_far = msgspec.structs.replace(so_far, first_altered=place)
    return so_far

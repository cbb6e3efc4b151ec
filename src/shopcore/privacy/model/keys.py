"""Which keys a store needs, and how one takes another's place."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from shopcore.privacy.errors import KeysMissing, RotationUnderWay


class Place(StrEnum):
    """Where a store keeps sealed values or blind indexes, in the order in which they are changed."""

    ACCOUNTS = "accounts"
    SESSIONS = "sessions"
    CARTS = "carts"
    ORDERS = "orders"
    PAYMENTS = "payments"
    CLAIMS = "claims"
    ENDPOINTS = "webhook_endpoints"
    REDEMPTIONS = "coupon_redemptions"


class KeyKind(StrEnum):
    """What a key is for, by the name of its setting."""

    SEALING = "SEALING_KEYS"
    INDEX = "INDEX_KEY"


class RotationNote(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rotation to these two keys has come: up to that key of that place."""

    sealing: str
    index: str
    place: Place
    after: str = ""


class HeldKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the keys that nobody may open the store without.

    `sealing`: something may be sealed with them. `index`: by each of them every account is found, so whoever writes an
    account must write it under each. There is a note while a rotation is under way.
    """

    sealing: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    note: RotationNote | None = None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What some rows of a place need: how many values are sealed with each key, and how many rows are only found by
    each key of the indexes. `last` is the last row's key, None when there were none.
    """

    last: str | None = None
    sealing: Mapping[str, int] = {}
    index: Mapping[str, int] = {}


class KeyUse(msgspec.Struct, frozen=True, kw_only=True):
    """One key, and how many values still need it. One that is `first` is written with."""

    kind: KeyKind
    key: str
    first: bool
    values: int

    @property
    def is_free(self) -> bool:
        """Whether it may be removed."""
        return not self.first and self.values == 0


def admit(held: HeldKeys, sealing: Sequence[str], index: Sequence[str], *, is_new: bool) -> HeldKeys:
    """Open the store with these keys, the first of each kind being written with; `is_new` says that it is empty.

    Raises `KeysMissing` where one is not among them that values need, and where nothing tells which of two indexes
    a store that is not new was written under.
    """
    _require(KeyKind.SEALING, held.sealing, sealing)
    if not held.index and len(index) > 1 and not is_new:
        raise KeysMissing(KeyKind.INDEX, ("the one that stood there alone",))
    _require(KeyKind.INDEX, held.index, index)
    seals = held.sealing if sealing[0] in held.sealing else (*held.sealing, sealing[0])
    return msgspec.structs.replace(held, sealing=seals, index=held.index or tuple(index))


def begin(held: HeldKeys, sealing: Sequence[str], index: Sequence[str]) -> HeldKeys:
    """From now on every account is written under each of these, so that none is missed by the walk that follows.

    Where a rotation to the same keys was broken off, it goes on. Raises `RotationUnderWay` for one to another index.
    """
    note = RotationNote(sealing=sealing[0], index=index[0], place=next(iter(Place)))
    if held.note is not None:
        if held.note.index != note.index:
            raise RotationUnderWay(held.note.index)
        if held.note.sealing == note.sealing:
            note = held.note
    return msgspec.structs.replace(held, index=tuple(dict.fromkeys((*index, *held.index))), note=note)


def advance(held: HeldKeys, place: Place, after: str) -> HeldKeys:
    """Note how far it has come."""
    return msgspec.structs.replace(
        held, note=held.note and msgspec.structs.replace(held.note, place=place, after=after)
    )


def recall(held: HeldKeys, uses: Sequence[KeyUse], sealing: Sequence[str]) -> HeldKeys:
    """After a look at every value: one is sealed with a key that had been counted as free, by a server that was idle
    at that time. Nobody may open the store without it again. Only keys of `sealing`, which this process holds, are
    noted: where one is lost, the shop goes on with what can be read.
    """
    used = (use.key for use in uses if use.kind is KeyKind.SEALING and use.values and use.key in sealing)
    return msgspec.structs.replace(held, sealing=tuple(dict.fromkeys((*held.sealing, *used))))


def finish(held: HeldKeys, uses: Sequence[KeyUse]) -> HeldKeys:
    """After the walk: nobody needs any more what was counted as free behind it."""
    free = {(use.kind, use.key) for use in uses if use.is_free}
    return HeldKeys(
        sealing=tuple(key for key in held.sealing if (KeyKind.SEALING, key) not in free),
        index=tuple(key for key in held.index if (KeyKind.INDEX, key) not in free),
    )


def added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Two counts as one."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in dict.fromkeys((*one, *other))}


def uses_of(tally: Tally, sealing: Sequence[str], index: Sequence[str]) -> list[KeyUse]:
    """Each key that is held or needed, in the order of the settings, with what needs it."""
    return [
        KeyUse(kind=kind, key=key, first=key == held[0], values=counted.get(key, 0))
        for kind, held, counted in (
            (KeyKind.SEALING, sealing, tally.sealing),
            (KeyKind.INDEX, index, tally.index),
        )
        for key in dict.fromkeys((*held, *counted))
    ]


def _require(kind: KeyKind, needed: Sequence[str], held: Sequence[str]) -> None:
    missing = tuple(key for key in needed if key not in held)
    if missing:
        raise KeysMissing(kind, missing)

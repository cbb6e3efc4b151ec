"""What it means that something stored is personal, and how that is declared.

Personal is what says who somebody is, where they are, or whose something is; what they said or mean to buy; and what
they prove themselves by. Times and counts of something that is theirs are not, nor are random ids that lead nowhere.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

PROOF = "Whoever has it can act as somebody, so it is not exported."
"""Why a secret is stored and shown to nobody."""


class Kept(StrEnum):
    """In what form it lies in a store."""

    SEALED = "sealed"
    HASHED = "hashed"
    INDEXED = "blind index"
    PLAIN = "plain"


class Gone(StrEnum):
    """When it is gone after `DELETE /me`."""

    AT_ONCE = "at once"
    SOON = "by a job that follows at once"
    WITH_WHOLE = "with what it is part of"
    LATER = "at its own end, 30 days at the latest"
    NEVER = "stays"


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """How some fields are treated. `exported` is where they are in `GET /me/export`, None where they are not."""

    fields: tuple[str, ...]
    kept: Kept
    why: str
    exported: str | None
    gone: Gone


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Every field of a Struct, or every column of a table that its Struct does not have, in one of three places.

    `parts` are fields that hold Structs, which are declared by themselves.
    """

    where: str
    personal: tuple[Personal, ...] = ()
    parts: tuple[str, ...] = ()
    impersonal: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All that are declared."""
        return (*(name for each in self.personal for name in each.fields), *self.parts, *self.impersonal)


def personal(kept: Kept, gone: Gone, fields: str, why: str, *, exported: str | None = None) -> Personal:
    """A treatment of fields, which are named in one text of words."""
    return Personal(fields=tuple(fields.split()), kept=kept, why=why, exported=exported, gone=gone)


def declared(where: str, *treated: Personal, parts: str = "", impersonal: str = "") -> Declared:
    """A declaration; names stand in one text of words."""
    return Declared(where=where, personal=treated, parts=tuple(parts.split()), impersonal=tuple(impersonal.split()))


def treatments(one: Declared) -> Mapping[str, Personal]:
    """Each personal field with how it is treated."""
    return {name: each for each in one.personal for name in each.fields}


def faults(one: Declared, fields: tuple[str, ...]) -> tuple[str, ...]:
    """What is wrong with a declaration for something that has these fields; nothing for a right one."""
    return (
        *(f"{name} is declared nowhere" for name in fields if name not in one.fields),
        *(f"{name} is declared, and is not there" for name in one.fields if name not in fields),
        *(f"{name} is declared twice" for name in sorted(set(fields)) if one.fields.count(name) > 1),
    )

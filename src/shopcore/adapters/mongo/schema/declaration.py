"""What a collection is, as data: its fields, its indexes, and the key that it is sharded by."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
Rule: TypeAlias = dict[str, Any]

TEXT: Rule = {"bsonType": "string"}
LONG: Rule = {"bsonType": "long"}
FLAG: Rule = {"bsonType": "bool"}
BYTES: Rule = {"bsonType": "binData"}
LIST: Rule = {"bsonType": "array"}
OBJECT: Rule = {"bsonType": "object"}
COUNT: Rule = {"bsonType": "long", "minimum": 0}
VERSION: Rule = {"bsonType": "long", "minimum": 1}
INSTANT = LONG  # microseconds since the epoch, as `kernel.instants` has them
MONEY: Rule = {
    "bsonType": "object",
    "required": ["amount", "currency"],
    "properties": {"amount": LONG, "currency": {"bsonType": "string", "pattern": "^[A-Z]{3}$"}},
}


def optional(rule: Rule) -> Rule:
    """That, or null."""
    return {"bsonType": [rule["bsonType"], "null"]}


def one_of(words: type[StrEnum]) -> Rule:
    """One of these words."""
    return {"enum": [word.value for word in words]}


def list_of(**fields: Rule) -> Rule:
    """Objects with these fields, and perhaps others."""
    return {"bsonType": "array", "items": object_of(**fields)}


def object_of(**fields: Rule) -> Rule:
    """An object with these fields, and perhaps others."""
    return {"bsonType": "object", "required": sorted(fields), "properties": fields}


@dataclass(frozen=True, slots=True)
class Index:
    """Fields in their order, each rising unless its name begins with `-`; over those documents that `only` matches.

    `scattered`: what is answered from it names no shard key and is asked of every shard, as sweeps, lists and reports
    are; no step of a purchase is.
    """

    keys: tuple[str, ...]
    unique: bool = False
    only: Document | None = None
    scattered: bool = False

    @property
    def name(self) -> str:
        """What the server calls it, and what a duplicate is told by."""
        return "_".join(self.keys)

    @property
    def spec(self) -> list[tuple[str, int]]:
        """As the driver wants it."""
        return [(key.removeprefix("-"), -1 if key.startswith("-") else 1) for key in self.keys]


@dataclass(frozen=True, kw_only=True, slots=True)
class Collection:
    """`fields` are all required but those in `absent`; others may be there. `shard_key` says what `sh.shardCollection`
    is to be given: every hot query has that field among its conditions. `seeds` are what a new shop starts with; those
    that nobody may take away, every migration brings. `rules` hold between fields. `retired` are indexes that only an
    earlier program reads.
    """

    name: str
    fields: Rule
    shard_key: dict[str, Any]
    absent: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = field(default=())
    retired: tuple[Index, ...] = field(default=())
    seeds: tuple[Document, ...] = ()
    has_lasting_seeds: bool = False
    is_paged_by_id: bool = False  # by staff, over every shard: see `Index.scattered`
    rules: tuple[Document, ...] = field(default=())

    @property
    def validator(self) -> Document:
        """What the server refuses documents by (mongodb.com/docs/manual/core/schema-validation)."""
        required = sorted(name for name in self.fields if name not in self.absent)
        shape: Document = {"$jsonSchema": {"bsonType": "object", "required": required, "properties": self.fields}}
        return {"$and": [shape, *self.rules]} if self.rules else shape

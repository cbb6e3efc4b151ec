"""What a collection is, as data: its fields, its indexes, and the key that it is sharded by."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
Rule: TypeAlias = dict[str, Any]

TEXT: Rule = {"bsonType": "string"}
LONG: Rule = {"bsonType": "long"}
FLAG: Rule = {"bsonType": "bool"}
BYTES: Rule = {"bsonType": "binData"}
LIST: Rule = {"bsonType": "array"}
OBJECT: Rule = {"bsonType": "object"}
INSTANT = LONG  # microseconds since the epoch, as `kernel.instants` has them


def optional(rule: Rule) -> Rule:
    """That, or null."""
    return {"bsonType": [rule["bsonType"], "null"]}


@dataclass(frozen=True, slots=True)
class Index:
    """Fields in their order, each rising unless its name begins with `-`; over those documents that `only` matches."""

    keys: tuple[str, ...]
    unique: bool = False
    only: Document | None = None

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
    is to be given: every hot query has that field among its conditions.
    """

    name: str
    fields: Rule
    shard_key: dict[str, Any]
    absent: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = field(default=())

    @property
    def validator(self) -> Document:
        """What the server refuses documents by (mongodb.com/docs/manual/core/schema-validation)."""
        required = sorted(name for name in self.fields if name not in self.absent)
        return {"$jsonSchema": {"bsonType": "object", "required": required, "properties": self.fields}}

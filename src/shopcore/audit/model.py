"""Who did what, when: entries chained by hash, so that an altered one shows."""

import hashlib
from datetime import datetime

import msgspec

GENESIS = "0" * 64
"""What the first entry is chained to."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One act. `before` and `after` hold figures, states and ids, never personal values."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: dict[str, str]
    after: dict[str, str]
    correlation_id: str
    previous: str
    digest: str = ""


def chain(entry: Entry) -> Entry:
    """Close an entry with the SHA-256 of its fields, which include the digest of the one before."""
    body = msgspec.json.encode(msgspec.structs.replace(entry, digest=""), order="deterministic")
    return msgspec.structs.replace(entry, digest=hashlib.sha256(body).hexdigest())


def is_intact(entry: Entry, previous: str) -> bool:
    """Whether it is as it was written, and follows the entry with that digest."""
    return entry.previous == previous and chain(entry).digest == entry.digest

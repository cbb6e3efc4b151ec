"""What is known of an address that mail to it came back from, or whose reader complained."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

RECIPIENT = "mail-recipient"
"""What an address is known by here: a digest under the shop's key, made for this."""


class Trouble(StrEnum):
    """What a mail provider tells of a mail that it had taken."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    COMPLAINED = "complained"


class TroubledAddress(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the address under a keyed digest, so that it can be recognised and not read.

    `suppressed_by` is why it is not written to any more: at all where mail came back, and nothing that nobody waits for
    where its reader complained. A mail that was only delayed (RFC 3463: 4.y.z) is counted.
    """

    id: str
    first_at: datetime
    at: datetime
    suppressed_by: Trouble | None = None
    delays: int = 0
    version: int = 1


def troubled(known: TroubledAddress, trouble: Trouble, at: datetime) -> TroubledAddress:
    """With one more report. That mail comes back stands above a complaint, whichever came first."""
    return msgspec.structs.replace(
        known,
        at=at,
        suppressed_by=_graver([known.suppressed_by, trouble]),
        delays=known.delays + (trouble is Trouble.DELAYED),
        version=known.version + 1,
    )


def first_trouble(address_id: str, trouble: Trouble, at: datetime) -> TroubledAddress:
    """The first report on an address."""
    blank = TroubledAddress(id=address_id, first_at=at, at=at, version=0)
    return troubled(blank, trouble, at)


def filed_under(address_id: str, found: Sequence[TroubledAddress]) -> TroubledAddress:
    """What is known under several digests of one address, under that one: whoever must not be written to stays so."""
    return TroubledAddress(
        id=address_id,
        first_at=min(each.first_at for each in found),
        at=max(each.at for each in found),
        suppressed_by=_graver([each.suppressed_by for each in found]),
        delays=sum(each.delays for each in found),
        version=max(each.version for each in found) + 1,
    )


def as_one(address_id: str, found: Sequence[TroubledAddress]) -> TroubledAddress | None:
    """What was found under the digests of one address; under the first of them where it is more than one thing."""
    return filed_under(address_id, found) if len(found) > 1 else next(iter(found), None)


def withholds(known: TroubledAddress | None, *, is_unasked: bool) -> bool:
    """Whether a mail to it is not sent; `is_unasked` is one that nobody waits for."""
    reason = None if known is None else known.suppressed_by
    return reason is Trouble.BOUNCED or (is_unasked and reason is Trouble.COMPLAINED)


def _graver(reasons: Sequence[Trouble | None]) -> Trouble | None:
    return next((each for each in (Trouble.BOUNCED, Trouble.COMPLAINED) if each in reasons), None)

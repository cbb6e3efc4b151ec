"""Sums of the ledger up to some time, so that what lies where is not summed from its first entry each time."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TypeAlias

import msgspec

from shopcore.kernel.money import Money
from shopcore.payments.model.ledger import SALE, Account, JournalEntry, Total

EVER = datetime(1970, 1, 1, tzinfo=UTC)

LATE = timedelta(days=2)
"""What is posted of a time longer ago says so to the sums (`with_late`). Only fees are: a comparison posts each at the
moment of what it was kept for."""

SETTLED = 2 * LATE
"""What is that old is summed up; of the time between, nobody has to be certain what the other's clock says."""

_Place: TypeAlias = tuple[str, str, str, bool]

_DAY = 24 * 3_600
_EMPTY = 32 * _DAY
_BEFORE_ANY_SHOP = 55 * 365 * _DAY  # since `EVER`: all of it is looked at in one go


class Summed(msgspec.Struct, frozen=True, kw_only=True):
    """The `totals` of all entries before `until`. So many seconds are summed up next; `late` counts what came late."""

    until: datetime = EVER
    totals: tuple[Total, ...] = ()
    step_seconds: int = _BEFORE_ANY_SHOP
    late: int = 0


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """A sum that `says` something else than the entries of its time come to."""

    account: Account
    gateway: str | None
    is_sale: bool
    says: Money
    booked: Money


class CheckedSums(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the ledger was summed up, and which of the sums are not what its entries come to."""

    until: datetime
    apart: tuple[Apart, ...]


def next_span(summed: Summed, now: datetime) -> tuple[datetime, datetime] | None:
    """What is to be summed up next; None while all of it may still be posted."""
    end = min(summed.until + timedelta(seconds=summed.step_seconds), now - SETTLED)
    return (summed.until, end) if end > summed.until else None


def summed_up(summed: Summed, found: Iterable[Total], until: datetime) -> Summed:
    """With what was posted since, up to then; where there was nothing, more at once the next time."""
    found = list(found)
    step = min(summed.step_seconds * 2, _DAY if found else _EMPTY)
    return Summed(until=until, totals=merged(summed.totals, found), step_seconds=step, late=summed.late)


def less_at_once(summed: Summed) -> Summed:
    """There was too much in it: a quarter of that the next time, down to a second."""
    return msgspec.structs.replace(summed, step_seconds=max(summed.step_seconds // 4, 1))


def with_late(summed: Summed, entries: Iterable[JournalEntry]) -> Summed:
    """With entries of long ago that are posted now, as far as their time is summed up. It is another sum in any case:
    of two who change it at the same moment, the second has to look again.
    """
    came = [one for one in entries if one.at < summed.until]
    return msgspec.structs.replace(summed, totals=merged(summed.totals, totals_of(came)), late=summed.late + 1)


def taken_anew(known: Summed, anew: Summed) -> Summed:
    """In place of those that were known; not what they have ever been, as with late ones."""
    return msgspec.structs.replace(anew, late=known.late + 1)


def apart(says: Iterable[Total], booked: Iterable[Total]) -> tuple[Apart, ...]:
    """Where the two differ, in the order of the ledger."""
    mine, theirs = ({_place(one): one for one in merged(each)} for each in (says, booked))
    return tuple(
        Apart(
            account=one.account,
            gateway=one.gateway,
            is_sale=one.is_sale,
            says=mine[place].amount if place in mine else Money.zero(one.amount.currency),
            booked=theirs[place].amount if place in theirs else Money.zero(one.amount.currency),
        )
        for place, one in sorted((mine | theirs).items(), key=itemgetter(0))
        if mine.get(place) != theirs.get(place)
    )


def totals_of(entries: Iterable[JournalEntry]) -> tuple[Total, ...]:
    """As the ledger sums them up."""
    single = (
        Total(account=each.account, gateway=one.gateway, amount=each.amount, is_sale=one.key.startswith(SALE))
        for one in entries
        for each in one.postings
    )
    return merged(single)


def merged(*parts: Iterable[Total]) -> tuple[Total, ...]:
    """One of each, in the order of the ledger; sums of nothing are left out."""
    sums: dict[_Place, list[Total]] = defaultdict(list)
    for part in parts:
        for one in part:
            sums[_place(one)].append(one)
    whole = (
        msgspec.structs.replace(found[0], amount=sum((one.amount for one in found[1:]), found[0].amount))
        for _, found in sorted(sums.items())
    )
    return tuple(one for one in whole if one.amount != Money.zero(one.amount.currency))


def _place(one: Total) -> _Place:
    return one.account, one.gateway or "", one.amount.currency, one.is_sale

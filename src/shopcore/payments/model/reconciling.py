"""Comparing what a gateway lists with the books: two lists in, what differs out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from shopcore.kernel.ids import PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.model.difference import Difference, Kind
from shopcore.payments.model.ledger import UNASKED, Account, JournalEntry, entry
from shopcore.payments.model.movements import Movement, MovementKind, refund_of

_OF_REFUNDS = {MovementKind.REFUND, MovementKind.REFUND_RETURNED}
_OF_DISPUTES = {MovementKind.DISPUTE, MovementKind.DISPUTE_RETURNED}


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of one gateway: entries of the window, and all that is known of orders looked up besides.

    `asked` is what payments were to bring that were looked up.
    """

    gateway: str
    entries: Sequence[JournalEntry]
    asked: Mapping[PaymentId, Money] = msgspec.field(default_factory=dict[PaymentId, Money])

    def fees(self) -> Mapping[str, Sequence[JournalEntry]]:
        """Those of fees, by the movement that each is for."""
        found: dict[str, list[JournalEntry]] = defaultdict(list)
        prefix = f"fee/{self.gateway}/"
        for one in self.entries:
            if one.key.startswith(prefix):
                found[one.key.removeprefix(prefix).rsplit("/", 2)[0]].append(one)
        return found

    def moves(self) -> dict[str, JournalEntry]:
        """Those that move money at the gateway, by key."""
        mine = (one for one in self.entries if one.gateway == self.gateway)
        return {one.key: one for one in mine if not one.key.startswith(("fee/", UNASKED))}

    def unasked(self) -> Mapping[str, Money]:
        """By how much what was taken differs from what was asked for, by the key of the entry that it was taken by."""
        return {
            f"paid/{one.payment_id}": _posted(Account.RECEIVABLE, one)
            for one in self.entries
            if one.key.startswith(UNASKED)
        }


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A movement and the entry that is of it."""

    movement: Movement
    entry: JournalEntry


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """Which belong to each other, and which have nobody. `twice` are charges of an attempt that has one already;
    `returned` came back of refunds, which are not in these books and may never have counted.
    """

    pairs: tuple[Pair, ...]
    lone_movements: tuple[Movement, ...]
    twice: tuple[Movement, ...]
    lone_entries: tuple[JournalEntry, ...]
    returned: tuple[Movement, ...] = ()


def match(movements: Iterable[Movement], books: Books) -> Matching:
    """By what the shop has marked things with, never by amount or time."""
    moves, pairs, lone, twice = books.moves(), list[Pair](), list[Movement](), list[Movement]()
    seen: set[str] = set()
    moved = (one for one in {one.id: one for one in movements}.values() if not _has_not_arrived(one))
    ordered = sorted(moved, key=lambda one: (one.at, one.id))
    # A payment's first entry does not name the attempt: those that are named choose before it.
    for movement in sorted(ordered, key=lambda one: f"paid/{one.payment_id}/{one.attempt}" not in moves):
        mark = f"{movement.payment_id}:{movement.attempt}"
        if movement.kind is MovementKind.CHARGE and movement.payment_id is not None and mark in seen:
            twice.append(movement)
            continue
        seen.add(mark if movement.kind is MovementKind.CHARGE else "")
        key = next((key for key in _keys(movement, books.gateway) if key in moves), None)
        if key is None:
            lone.append(movement)
        else:
            pairs.append(Pair(movement=movement, entry=moves.pop(key)))
    return Matching(
        pairs=tuple(pairs),
        lone_movements=tuple(one for one in lone if _should_be_there(one, books)),
        twice=tuple(twice),
        lone_entries=tuple(moves.values()),
        returned=tuple(one for one in lone if one.kind is MovementKind.REFUND_RETURNED),
    )


def differences(matching: Matching, books: Books, since: datetime, until: datetime) -> tuple[Difference, ...]:
    """What differs of that which arose from `since` to before `until`, oldest first."""
    fees, unasked = books.fees(), books.unasked()
    found = [
        *(_lone(movement, books) for movement in matching.lone_movements),
        *(_of_movement(Kind.DUPLICATE, movement, books.gateway) for movement in matching.twice),
        *(_of_entry(one, books.gateway) for one in matching.lone_entries if clearing(one) is not None),
        *(difference for pair in matching.pairs for difference in _unlike(pair, books.gateway, fees)),
        *(
            _unasked(pair, books.gateway, unasked[pair.entry.key])
            for pair in matching.pairs
            if pair.entry.key in unasked and unasked[pair.entry.key].currency == pair.movement.amount.currency
        ),
    ]
    return tuple(
        sorted((one for one in found if since <= one.at < until), key=lambda one: (one.at, one.movement or ""))
    )


def fees_to_post(matching: Matching, books: Books) -> tuple[JournalEntry, ...]:
    """What gateways have kept and the books do not have yet, or have otherwise: entries that make it right.

    A fee is of the moment of what it was kept for, so that it is found beside that the next time.
    """
    posted = books.fees()
    known = {pair.movement.id: posted.get(pair.movement.id, ()) for pair in matching.pairs}
    return tuple(
        _fee(pair, rest, len(known[pair.movement.id]), books.gateway)
        for pair in matching.pairs
        for rest in _owed(pair.movement.fee, known[pair.movement.id])
    )


def clearing(one: JournalEntry) -> Money | None:
    """What an entry adds to what the gateway holds; None where it does not touch that, or touches two currencies."""
    touched = [posting.amount for posting in one.postings if posting.account is Account.CLEARING]
    return sum(touched[1:], touched[0]) if len({amount.currency for amount in touched}) == 1 else None


def _keys(movement: Movement, gateway: str) -> tuple[str, ...]:
    """What its entry may be called."""
    refund_id = refund_of(movement, gateway)
    match movement.kind:
        case MovementKind.CHARGE:
            return f"paid/{movement.payment_id}/{movement.attempt}", f"paid/{movement.payment_id}"
        case MovementKind.REFUND:
            return (f"refund/{refund_id}",)
        case MovementKind.REFUND_RETURNED:
            return (f"refund-undone/{refund_id}",)
        case MovementKind.DISPUTE:
            return (f"dispute/{movement.subject}",)
        case MovementKind.DISPUTE_RETURNED:
            return (f"dispute-won/{movement.subject}",)


def _has_not_arrived(movement: Movement) -> bool:
    """A debit that is on its way, or came to nothing: what paid the same attempt, on the same page, is another."""
    return movement.kind is MovementKind.CHARGE and movement.done is not True


def _should_be_there(movement: Movement, books: Books) -> bool:
    """A refund is written down when it has arrived: not while it is on its way, nor if it came back before that."""
    if movement.kind is MovementKind.REFUND_RETURNED:
        return any(one.key == f"refund/{refund_of(movement, books.gateway)}" for one in books.entries)
    return movement.done is True


def _lone(movement: Movement, books: Books) -> Difference:
    """A charge or a refund can be taken in only where it is in the payment's currency, a dispute in any."""
    gateway = books.gateway
    if movement.payment_id is None:
        return _of_movement(Kind.FOREIGN, movement, gateway)
    asked = None if movement.kind in _OF_DISPUTES else books.asked.get(movement.payment_id)
    if asked is not None and asked.currency != movement.amount.currency:
        return msgspec.structs.replace(_of_movement(Kind.CURRENCY, movement, gateway), ours=asked)
    is_theirs = movement.kind is MovementKind.REFUND and movement.refund_id is None
    kind = Kind.REFUND_ELSEWHERE if is_theirs else Kind.MISSING
    return msgspec.structs.replace(_of_movement(kind, movement, gateway), repairs=True)


def _of_movement(kind: Kind, movement: Movement, gateway: str) -> Difference:
    return Difference(
        kind=kind,
        gateway=gateway,
        at=movement.at,
        movement=movement.id,
        charge=movement.charge,
        payment_id=movement.payment_id,
        attempt=movement.attempt,
        refund_id=refund_of(movement, gateway) if movement.kind in _OF_REFUNDS else None,
        moved=movement.kind,
        subject=movement.subject,
        dispute=movement.dispute,
        theirs=Money(movement.signed, movement.amount.currency),
        is_marked=movement.is_disowned,
    )


def _of_entry(one: JournalEntry, gateway: str) -> Difference:
    return Difference(
        kind=Kind.EXTRA,
        gateway=gateway,
        at=one.at,
        entry=one.key,
        order_id=one.order_id,
        payment_id=one.payment_id,
        ours=clearing(one),
    )


def _unlike(pair: Pair, gateway: str, fees: Mapping[str, Sequence[JournalEntry]]) -> Iterator[Difference]:
    ours, movement = clearing(pair.entry), pair.movement
    theirs = Money(movement.signed, movement.amount.currency)
    if ours is None or ours.currency != theirs.currency:
        yield _of_pair(Kind.CURRENCY, pair, gateway, theirs, ours)
    elif ours != theirs:
        yield _of_pair(Kind.AMOUNT, pair, gateway, theirs, ours)
    known = fees.get(movement.id, ())
    if known and any(rest.amount for rest in _owed(movement.fee, known)):
        posted = _sums(known).get(movement.fee.currency, 0)
        said = _of_pair(Kind.FEE, pair, gateway, movement.fee, Money(posted, movement.fee.currency))
        yield msgspec.structs.replace(said, repairs=True)


def _unasked(pair: Pair, gateway: str, owed: Money) -> Difference:
    """The books have what was taken, which is not what the shop had asked for."""
    theirs = Money(pair.movement.signed, pair.movement.amount.currency)
    said = _of_pair(Kind.AMOUNT, pair, gateway, theirs, theirs - owed)
    return msgspec.structs.replace(said, entry=f"{UNASKED}{pair.entry.payment_id}")


def _posted(account: Account, one: JournalEntry) -> Money:
    found = [each.amount for each in one.postings if each.account is account]
    return sum(found[1:], found[0])


def _of_pair(kind: Kind, pair: Pair, gateway: str, theirs: Money, ours: Money | None) -> Difference:
    said = _of_movement(kind, pair.movement, gateway)
    one = pair.entry
    return msgspec.structs.replace(
        said, entry=one.key, order_id=one.order_id, payment_id=one.payment_id, theirs=theirs, ours=ours
    )


def _owed(fee: Money, known: Sequence[JournalEntry]) -> Iterator[Money]:
    """What is still to be posted so that the books have this fee, and no other currency's."""
    posted = _sums(known)
    for currency in sorted({fee.currency, *posted}):
        rest = (fee.amount if currency == fee.currency else 0) - posted.get(currency, 0)
        if rest:
            yield Money(rest, currency)


def _sums(known: Sequence[JournalEntry]) -> Mapping[str, int]:
    found: dict[str, int] = defaultdict(int)
    for one in known:
        for posting in one.postings:
            if posting.account is Account.FEE:
                found[posting.amount.currency] += posting.amount.amount
    return found


def _fee(pair: Pair, rest: Money, number: int, gateway: str) -> JournalEntry:
    """The key counts those before it, so that two who find the same at once post it once."""
    key = f"fee/{gateway}/{pair.movement.id}/{rest.currency}/{number}"
    postings = [(Account.FEE, rest), (Account.CLEARING, -rest)]
    return entry(key, pair.movement.at, pair.entry.order_id, pair.entry.payment_id, postings, gateway)

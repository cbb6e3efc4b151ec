"""One gateway compared with the books, span by span."""

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import msgspec

from shopcore.kernel.actor import Actor
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import GatewayUnavailable
from shopcore.payments.model import (
    GRACE,
    LATE,
    MOST_AT_ONCE,
    Books,
    Difference,
    JournalEntry,
    Matching,
    Movement,
    Part,
    Payment,
    Reconciliation,
    advanced,
    cut_off,
    differences,
    fees_kept,
    fees_to_post,
    is_narrowest,
    match,
    mendable,
    narrowed,
    next_part,
    repairing_jobs,
    replace_sums,
    with_late,
)
from shopcore.payments.ports import Ledger, PaymentGateway, Payments, Reconciliations

_AT_ONCE = 200  # entries in one transaction, of a few statements
_REPAIRED_AT_ONCE = 50  # differences, each with its place in the audit log
_LISTED_AT_ONCE = 4  # pieces of a span
_ASKED_AT_ONCE = 8  # payments that a gateway is asked about side by side
_MINUTE = timedelta(minutes=1)
_SLACK = timedelta(seconds=10)  # clocks differ: an entry is never that much older than its movement
_PATIENCE = timedelta(seconds=10)  # for one span: a job has 25 seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What was found at one gateway in a span, and the payments that it is about."""

    fees: Sequence[JournalEntry]
    differences: Sequence[Difference]
    count: int
    payments: Mapping[PaymentId, Payment]


@dataclass(frozen=True, kw_only=True, slots=True)
class CompareWithGateway:
    """Lists both sides over a span, and looks for whatever has nobody there also outside of it.

    The two sides do not know of a thing at the same moment. So what is not found is looked for by its payment: in all
    that was ever posted for the order, and in all that the gateway has moved for the payment.
    """

    ledger: Ledger
    payments: Payments

    async def __call__(self, gateway: PaymentGateway, part: Part) -> Compared | None:
        """What differs of that which arose in the span; None where there is too much in it to be compared at once.

        Raises `GatewayUnavailable`.
        """
        most = None if is_narrowest(part) else MOST_AT_ONCE
        theirs = await self._listed(gateway, part, most)
        ours = await self._posted(gateway.name, part, most)
        if theirs is None or ours is None:
            return None
        first = match(theirs, Books(gateway=gateway.name, entries=ours))
        names = _unclear(part, first)
        known = {payment.id: payment for payment in await self.payments.known(names)} if names else {}
        theirs = [_disowned(each) if each.payment_id in names - known.keys() else each for each in theirs]
        ours += await self._posted_besides(ours, known.values())
        theirs += await self._moved_besides(gateway, list(known.values()))
        asked = {payment.id: payment.amount for payment in known.values()}
        books = Books(gateway=gateway.name, entries=ours, asked=asked)
        matching = match(theirs, books)
        return Compared(
            fees=fees_to_post(_of(part, matching), books),
            differences=[mendable(one, known) for one in differences(matching, books, part.since, part.until)],
            count=sum(part.since <= movement.at < part.until for movement in {one.id: one for one in theirs}.values()),
            payments=known,
        )

    async def _listed(self, gateway: PaymentGateway, part: Part, most: int | None) -> list[Movement] | None:
        """In pieces side by side: where each page is asked for by the last of the one before, pages take their time.
        None is left behind that still asks.
        """
        found: list[Movement] = []
        limit = sys.maxsize if most is None else most

        async def listed(since: datetime, until: datetime) -> None:
            async for each in gateway.movements(since, until):
                found.append(each)
                if len(found) > limit:
                    return

        all_of_it = (listed(*piece) for piece in _pieces(part.since - _SLACK, part.until))
        for failure in await asyncio.gather(*all_of_it, return_exceptions=True):
            if failure is not None:
                raise failure
        return None if len(found) > limit else found

    async def _posted(self, gateway: str, part: Part, most: int | None) -> list[JournalEntry] | None:
        """Also a little around it, where most of what belongs to it is."""
        margin, limit = min(GRACE, max(part.until - part.since, _MINUTE)), None if most is None else 6 * most
        found = await self.ledger.entries_at(gateway, part.since - margin, part.until + margin, limit)
        return None if limit is not None and len(found) >= limit else list(found)

    async def _posted_besides(
        self, ours: Sequence[JournalEntry], payments: Iterable[Payment]
    ) -> Sequence[JournalEntry]:
        orders = sorted({payment.order_id for payment in payments})
        there = {one.key for one in ours}
        return [one for one in await self.ledger.entries_of(*orders) if one.key not in there] if orders else []

    async def _moved_besides(self, gateway: PaymentGateway, payments: Sequence[Payment]) -> Sequence[Movement]:
        found: list[Movement] = []
        for start in range(0, len(payments), _ASKED_AT_ONCE):
            asked = payments[start : start + _ASKED_AT_ONCE]
            for each in await asyncio.gather(*(gateway.movements_of(payment) for payment in asked)):
                found += each
        return found


def _pieces(since: datetime, until: datetime) -> Sequence[tuple[datetime, datetime]]:
    """A span as it is listed: each piece begins where the one before ends. One of seconds is not cut."""
    step = (until - since) / _LISTED_AT_ONCE
    if step < _MINUTE:
        return [(since, until)]
    cuts = [since, *(since + step * number for number in range(1, _LISTED_AT_ONCE)), until]
    return list(pairwise(cuts))


def _unclear(part: Part, matching: Matching) -> frozenset[PaymentId]:
    """Payments of which something in the span has nobody, or has an entry that may be another's: it is older than what
    it would be of, as when an attempt was charged a second time.
    """
    alone: tuple[Movement | JournalEntry, ...] = (*matching.lone_movements, *matching.returned, *matching.lone_entries)
    lone = [one for one in alone if part.since <= one.at < part.until]
    early = [pair.movement for pair in _of(part, matching).pairs if pair.entry.at < pair.movement.at - _SLACK / 2]
    return frozenset(one.payment_id for one in (*lone, *early) if one.payment_id is not None)


def _of(part: Part, matching: Matching) -> Matching:
    """Without what belongs to each other at another time, which is compared then."""
    pairs = tuple(pair for pair in matching.pairs if part.since <= pair.movement.at < part.until)
    return msgspec.structs.replace(matching, pairs=pairs)


def _disowned(movement: Movement) -> Movement:
    """One that carries the mark of a payment which this shop does not have: another shop's, or lost."""
    return msgspec.structs.replace(movement, payment_id=None, attempt=None, is_disowned=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvanceReconciliation:
    """Compares the next span, posts its fees, has mended what is safe, and writes down how far it has come.

    A span in which there is too much, or that takes too long, is taken in smaller ones. It can be done again after a
    crash: fees and repairs have keys.
    """

    gateways: Mapping[str, PaymentGateway]
    compare: CompareWithGateway
    ledger: Ledger
    reconciliations: Reconciliations
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, run: Reconciliation) -> Reconciliation:
        """The comparison as it is after one more span; one at least is still to be compared."""
        part = next_part(run)
        began = self.clock.now()
        try:
            compared = await self._compared(part)
        except (GatewayUnavailable, TimeoutError):
            is_slow = self.clock.now() - began >= _PATIENCE * 0.9 and not is_narrowest(part)
            return await self._keep(narrowed(run, part) if is_slow else cut_off(run, part.gateway))
        if compared is None:
            return await self._keep(narrowed(run, part))
        return await self._take_in(actor, run, part, compared)

    async def _compared(self, part: Part) -> Compared | None:
        gateway = self.gateways.get(part.gateway)
        if gateway is None:
            raise GatewayUnavailable(part.gateway)
        return await self.clock.within(_PATIENCE.total_seconds(), self.compare(gateway, part))

    async def _take_in(self, actor: Actor, run: Reconciliation, part: Part, compared: Compared) -> Reconciliation:
        for start in range(0, len(compared.fees), _AT_ONCE):
            await self.unit_of_work(partial(self._post, compared.fees[start : start + _AT_ONCE]))
        repaired = [one for one in compared.differences if one.repairs]
        for start in range(0, len(repaired), _REPAIRED_AT_ONCE):
            some = repaired[start : start + _REPAIRED_AT_ONCE]
            await self.unit_of_work(partial(self._repair, actor, run.id, some, compared.payments))
        return await self._keep(
            advanced(
                run,
                part,
                compared=compared.count,
                fees=fees_kept(compared.fees),
                differences=compared.differences,
                known_left=(await self.reconciliations.standing()).left if compared.differences else (),
            )
        )

    async def _post(self, fees: Sequence[JournalEntry]) -> None:
        """What the ledger was summed up without is added to the sums, once, as it is to the ledger."""
        before = self.clock.now() - LATE
        late = {one.key: one for one in reversed(fees) if one.at < before}
        known = await self.ledger.posted(late.values()) if late else frozenset()
        await self.ledger.post(*fees)
        if new := [one for one in late.values() if one.key not in known]:
            standing = await self.reconciliations.standing()
            await self.reconciliations.put_standing(replace_sums(standing, with_late(standing.summed, new)))

    async def _keep(self, run: Reconciliation) -> Reconciliation:
        """Unless somebody else has finished it meanwhile."""

        async def work() -> Reconciliation:
            kept = await self.reconciliations.get(run.id)
            if kept.finished_at is not None:
                return kept
            await self.reconciliations.put(run)
            return run

        return await self.unit_of_work(work)

    async def _repair(
        self, actor: Actor, run_id: str, some: Sequence[Difference], payments: Mapping[PaymentId, Payment]
    ) -> None:
        found = ((one, payments.get(one.payment_id) if one.payment_id else None) for one in some)
        await self.jobs.enqueue(*(job for one, payment in found for job in repairing_jobs(one, payment, run_id)))
        for one in some:
            said = {"kind": one.kind.value, "gateway": one.gateway, "movement": one.movement or ""}
            await self.audit.record(actor, "payment.repair", one.payment_id or "", before={}, after=said)

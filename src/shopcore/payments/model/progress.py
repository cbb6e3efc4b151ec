"""How far a reconciliation has come, and what stays open from one to the next."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.payments.model.difference import Difference, Kind, most_urgent, parted, told_once
from shopcore.payments.model.reconciliation import LONGEST_WINDOW, MOST_KEPT, Part, Reach, Reconciliation, summed
from shopcore.payments.model.summing import Summed

MOST_AT_ONCE = 1_000
"""Movements of one span: what is held in memory, and some ten pages of a gateway."""

_MOST_NAMED = 2_000  # in another currency, of the last days: of more some are told again

_NARROWEST = timedelta(seconds=1)
_WIDEST = timedelta(days=8)
_FEW = MOST_AT_ONCE // 4
_UNMENDED = timedelta(hours=36)


STANDING = ""
"""The id of what holds between them."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What holds between reconciliations: until when gateways were compared, which differences there still are, those
    that a person lets be, the names of those in another currency and of the months of others' money that were told, and
    the sums of the ledger, of whose past only comparisons post.
    """

    reach: tuple[Reach, ...] = ()
    open: tuple[Difference, ...] = ()
    left: tuple[Difference, ...] = ()
    told: tuple[str, ...] = ()
    summed: Summed = Summed()

    def until(self, gateway: str) -> datetime | None:
        """The moment before which everything of this gateway was compared once; None where nothing was."""
        return next((one.until for one in self.reach if one.gateway == gateway), None)

    def has_told(self, names: Iterable[str]) -> bool:
        """Whether all of these were."""
        return set(names) <= set(self.told)

    @property
    def kept(self) -> Reconciliation:
        """As it is stored: a comparison that was never made, before the first id that there can be. What is left is
        among what is open, so that programs which know nothing of leaving tell of it again, and do not lose it.
        """
        return Reconciliation(
            id=STANDING,
            requested_at=_NEVER,
            requested_by="system",
            since=_NEVER,
            until=_NEVER,
            reached=self.reach,
            differences=(*self.open, *self.left),
            told=self.told,
            summed=self.summed,
        )


def standing_of(kept: Reconciliation) -> Standing:
    """The reverse of `Standing.kept`."""
    open_ = tuple(one for one in kept.differences if one.left is None)
    left = tuple(one for one in kept.differences if one.left is not None)
    return Standing(reach=kept.reached, open=open_, left=left, told=kept.told, summed=kept.summed or Summed())


def replace_sums(standing: Standing, summed: Summed) -> Standing:
    """The same, with other sums."""
    return msgspec.structs.replace(standing, summed=summed)


def begun(run: Reconciliation, gateways: Iterable[str], standing: Standing) -> Reconciliation:
    """With all that is to be compared: its window, from where the last one ended if that is longer ago, and each moment
    at which something was open.
    """
    earliest = run.until - LONGEST_WINDOW
    since = {name: max(min(run.since, standing.until(name) or run.since), earliest) for name in gateways}
    main = [Part(gateway=name, since=at, until=run.until) for name, at in since.items()]
    still = [one for one in (*standing.open, *standing.left) if one.gateway in since and not one.is_over]
    old = {part for one in still for part in _around(one, since[one.gateway], run.until)}
    parts = tuple(sorted((*main, *old), key=lambda part: (part.gateway, part.since)))
    return msgspec.structs.replace(
        run,
        since=min(since.values(), default=run.since),
        spans=parts,
        parts=parts,
        is_begun=True,
        known=standing.reach,
        told=standing.told,
    )


def _around(one: Difference, since: datetime, until: datetime) -> Iterable[Part]:
    """The second in which it arose, as far as that is outside of the window."""
    start = one.at.replace(microsecond=0)
    end = start + _NARROWEST
    if start < since:
        yield Part(gateway=one.gateway, since=start, until=min(end, since))
    if end > until:
        yield Part(gateway=one.gateway, since=max(start, until), until=end)


def reconciling_job(run: Reconciliation) -> NewJob:
    """The next steps of it; one job for each place that it can stand at."""
    place = [part.since.isoformat() + part.gateway for part in run.parts[:1]]
    key = "/".join(("reconcile", run.id, *place, str(len(run.parts)), str(run.span_seconds)))
    return NewJob(kind="reconcile_payments", payload={"run_id": run.id}, unique_key=key)


def next_part(run: Reconciliation) -> Part:
    """What is to be compared next, as much of it as is done at once."""
    first = run.parts[0]
    return msgspec.structs.replace(first, until=min(first.until, first.since + timedelta(seconds=run.span_seconds)))


def is_narrowest(part: Part) -> bool:
    """Whether there is no doing less of it at once."""
    return part.until - part.since <= _NARROWEST


def narrowed(run: Reconciliation, part: Part) -> Reconciliation:
    """There is too much in it: a quarter of that at once."""
    seconds = max(int((part.until - part.since).total_seconds()) // 4, 1)
    return msgspec.structs.replace(run, span_seconds=seconds)


def advanced(
    run: Reconciliation,
    part: Part,
    *,
    compared: int,
    fees: Sequence[Money],
    differences: Sequence[Difference],
    known_left: Sequence[Difference] = (),
) -> Reconciliation:
    """That is done, and what was found in it is noted, what is left apart; more at once where there was little."""
    first, *rest = run.parts
    left = (msgspec.structs.replace(first, since=part.until),) if part.until < first.until else ()
    wider = min(run.span_seconds * 2, int(_WIDEST.total_seconds())) if compared < _FEW else run.span_seconds
    new = [one for one in differences if one.is_told_once and _is_new(run, one)]
    named = dict.fromkeys((*(one.name for one in new if one.kind is not Kind.FOREIGN), *run.told))
    open_, seen = parted(differences, known_left)
    return msgspec.structs.replace(
        run,
        parts=(*left, *rest),
        span_seconds=wider,
        compared=run.compared + compared,
        found=run.found + len(open_),
        repaired=run.repaired + sum(one.repairs for one in differences),
        fees=summed((*run.fees, *fees)),
        differences=most_urgent((*run.differences, *open_), MOST_KEPT),
        left=(*run.left, *seen),
        told_once=told_once(run.told_once, new),
        told=tuple(named)[:_MOST_NAMED],
    )


def _is_new(run: Reconciliation, one: Difference) -> bool:
    """Whether no comparison before has told it. What others move is too much for a list of names, and is known by its
    time, up to which all was compared: what of that arrives later is in the report, and in no sum.
    """
    if one.kind is Kind.FOREIGN:
        return one.at >= next((reach.until for reach in run.known if reach.gateway == one.gateway), one.at)
    return one.name not in run.told


def cut_off(run: Reconciliation, gateway: str) -> Reconciliation:
    """The gateway does not answer: the rest of it is for the next time, which begins where this one has ended."""
    mine = [part for part in run.parts if part.gateway == gateway]
    stuck = [Reach(gateway=gateway, until=part.since) for part in mine if part.until == run.until]
    return msgspec.structs.replace(
        run,
        parts=tuple(part for part in run.parts if part.gateway != gateway),
        unreached=(*run.unreached, gateway),
        reached=(*run.reached, *stuck),
    )


def finished(
    run: Reconciliation, at: datetime, gateways: Iterable[str], standing: Standing
) -> tuple[Reconciliation, Standing]:
    """With what is still there of what it did not look at: at gateways that did not answer, or found by another since
    it was begun; with what was left meanwhile; and what holds from now on.
    """
    names = set(gateways)
    there = (*standing.open, *standing.left)
    unseen = tuple(one for one in there if not one.is_over and not _was_seen(run, one))
    known = {(one.movement, one.entry) for one in (*run.differences, *run.left)}
    carried = tuple(one for one in unseen if (one.movement, one.entry) not in known)
    open_, left = parted((*carried, *run.differences, *run.left), standing.left)
    differences = most_urgent(open_, MOST_KEPT)
    done = msgspec.structs.replace(
        run,
        finished_at=at,
        found=run.found - len(run.differences) + len(open_),
        repaired=run.repaired + sum(one.repairs for one in carried),
        differences=differences,
        left=left,
        known=(),
        told=(),
    )
    reach = {one.gateway: one.until for one in standing.reach}
    came = {one.gateway: one.until for one in run.reached}
    came |= dict.fromkeys(names - set(run.unreached), run.until)
    reach |= {name: max(until, reach.get(name, until)) for name, until in came.items()}
    still = tuple(one for one in differences if not one.is_over)
    reached = tuple(Reach(gateway=name, until=until) for name, until in sorted(reach.items()))
    told = tuple(dict.fromkeys((*_months(run), *run.told, *standing.told)))[:_MOST_NAMED]
    return done, Standing(reach=reached, open=still, left=left, told=told, summed=standing.summed)


def _was_seen(run: Reconciliation, one: Difference) -> bool:
    """Whether it would have been found, if it were there still."""
    return one.gateway not in run.unreached and any(
        part.gateway == one.gateway and part.since <= one.at < part.until for part in run.spans
    )


def _months(run: Reconciliation) -> Sequence[str]:
    """Where others have moved money, and in which month that is told. What a shop has made is told apart: this one may
    have lost it, which nobody hears of by having been told of a till.
    """
    theirs = ((one.gateway, " marked" if one.is_marked else "") for one in run.told_once if one.kind is Kind.FOREIGN)
    return [f"{gateway} {run.requested_at:%Y-%m}{marked}" for gateway, marked in theirs]


def is_for_staff(run: Reconciliation, before: Standing) -> bool:
    """Whether somebody has to look: a gateway did not answer, or there is what the shop does not mend, or has not, or
    what is told for the first time and then left. Of the money of others once a month: they may move some every day. Of
    what a shop has made once a month besides.
    """
    if run.unreached or any(one.kind is not Kind.FOREIGN for one in run.told_once):
        return True
    return not before.has_told(_months(run)) or any(
        not one.repairs or (one.kind is not Kind.FEE and run.requested_at - one.at > _UNMENDED)
        for one in run.differences
        if not one.is_told_once
    )

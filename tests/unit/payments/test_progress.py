"""How a reconciliation goes on from span to span, and what holds from one to the next."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shopcore.kernel.money import Money
from shopcore.payments.model import (
    MOST_AT_ONCE,
    Difference,
    Kind,
    Part,
    Reach,
    Reconciliation,
    Standing,
    advanced,
    begun,
    cut_off,
    finished,
    is_for_staff,
    most_urgent,
    narrowed,
    next_part,
    reconciling_job,
    requested,
    standing_of,
)

pytestmark = pytest.mark.core

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = ("bank", "stripe")
NOTHING = Standing()


def a_run(days: float = 3, standing: Standing = NOTHING, at: datetime = NOON) -> Reconciliation:
    """One that has been begun."""
    return begun(requested("run", at, "system:reconcile_payments", timedelta(days=days)), NAMES, standing)


def differs(at: datetime, gateway: str = "stripe", kind: Kind = Kind.AMOUNT) -> Difference:
    """Something that nobody mends."""
    return Difference(kind=kind, gateway=gateway, at=at, movement=f"{gateway} {at}")


def to_the_end(run: Reconciliation, found: tuple[Difference, ...] = ()) -> Reconciliation:
    """All that is left of it, with what is found in each span."""
    while run.parts:
        part = next_part(run)
        here = [one for one in found if one.gateway == part.gateway and part.since <= one.at < part.until]
        run = advanced(run, part, compared=0, fees=(), differences=here)
    return run


@given(st.lists(st.sampled_from(["wide", "full", "slow"]), max_size=60))
def test_every_moment_of_every_gateway_is_compared_once(steps: list[str]) -> None:
    """Whatever is cut smaller on the way, in order, by jobs of different keys."""
    run = a_run()
    done: list[Part] = []
    keys: list[str | None] = []
    for step in [*steps, *["wide"] * 2_000]:
        if not run.parts:
            break
        keys.append(reconciling_job(run).unique_key)
        part = next_part(run)
        if step == "slow" and part.until - part.since > timedelta(seconds=1):
            run = narrowed(run, part)
        else:
            done.append(part)
            run = advanced(run, part, compared=0 if step == "wide" else MOST_AT_ONCE, fees=(), differences=())

    assert run.parts == ()
    assert len(set(keys)) == len(keys)
    for name in NAMES:
        mine = [part for part in done if part.gateway == name]
        assert (mine[0].since, mine[-1].until) == (run.since, run.until)
        assert all(one.until == other.since for one, other in pairwise(mine))


def test_it_begins_where_the_last_one_ended() -> None:
    """Of each gateway, if that is before its window; and no longer ago than a year."""
    old = Standing(reach=(Reach(gateway="bank", until=NOON - timedelta(days=20)),))
    ancient = Standing(reach=(Reach(gateway="bank", until=NOON - timedelta(days=2_000)),))
    run, capped = a_run(standing=old), a_run(standing=ancient)

    assert {part.gateway: part.since for part in run.parts} == {
        "bank": NOON - timedelta(days=20),
        "stripe": run.until - timedelta(days=3),
    }
    assert capped.since == capped.until - timedelta(days=366)


@given(st.integers(-30 * 86_400, 5 * 86_400), st.sampled_from(NAMES))
def test_what_is_open_is_looked_at_once_more_wherever_it_lies(seconds: int, gateway: str) -> None:
    """Before the window, in it, or after it; it is gone from the books of differences once it is not found there."""
    one = differs(NOON + timedelta(seconds=seconds, microseconds=7), gateway)
    run = a_run(standing=Standing(open=(one,)))
    at = [part for part in run.parts if part.gateway == gateway and part.since <= one.at < part.until]
    again, gone = (finished(to_the_end(run, found), NOON, NAMES, Standing(open=(one,))) for found in ((one,), ()))

    assert len(at) == 1
    assert again[0].differences == again[1].open == (one,)
    assert gone[0].differences == gone[1].open == ()


def test_a_gateway_that_does_not_answer_is_gone_on_with_and_its_differences_stay() -> None:
    """From where it broke off; the other one is done."""
    one = differs(NOON - timedelta(days=9))
    before = Standing(open=(one,), reach=(Reach(gateway="stripe", until=NOON - timedelta(days=2)),))
    run = a_run(standing=before)
    while next_part(run).gateway == "bank":
        run = advanced(run, next_part(run), compared=0, fees=(), differences=())
    broken = cut_off(run, "stripe")
    done, after = finished(broken, NOON, NAMES, before)

    assert (done.unreached, done.differences, done.found) == (("stripe",), (one,), 1)
    assert (after.until("bank"), after.until("stripe")) == (run.until, NOON - timedelta(days=2))
    assert is_for_staff(done, before)


def test_what_another_has_found_meanwhile_stays_open() -> None:
    """One over a year was asked for and ended while the daily one was made, which has not looked there."""
    theirs = differs(NOON - timedelta(days=200))
    _, after = finished(to_the_end(a_run()), NOON, NAMES, Standing(open=(theirs,)))

    assert after.open == (theirs,)


def test_staff_are_told_of_what_is_not_mended() -> None:
    """Not of what is being mended, unless it is there still a day and a half later; a fee is right already."""
    young, old = NOON - timedelta(hours=2), NOON - timedelta(days=2)
    cases = {
        "nobody mends it": (differs(young), True),
        "being mended": (replace(differs(young, kind=Kind.MISSING), repairs=True), False),
        "never mended": (replace(differs(old, kind=Kind.MISSING), repairs=True), True),
        "a fee": (replace(differs(old, kind=Kind.FEE), repairs=True), False),
    }
    told = {name: is_for_staff(to_the_end(a_run(), (one,)), NOTHING) for name, (one, _) in cases.items()}

    assert told == {name: expected for name, (_, expected) in cases.items()}


def a_movement(at: datetime, kind: Kind) -> Difference:
    """Something that stays as it is."""
    return replace(differs(at, kind=kind), theirs=Money(700, "EUR"))


def days_of(moved: list[Difference], days: int) -> tuple[list[Reconciliation], list[bool], Standing]:
    """A comparison a day, each of what is in its spans, whether staff heard of it, and what holds at the end."""
    runs, heard, standing = [], [], NOTHING
    for day in range(days):
        now = NOON + timedelta(days=day)
        found = tuple(one for one in moved if one.at < now)
        run, after = finished(to_the_end(a_run(standing=standing, at=now), found), now, NAMES, standing)
        runs.append(run)
        heard.append(is_for_staff(run, standing))
        standing = after
    return runs, heard, standing


@pytest.mark.parametrize("kind", [Kind.FOREIGN, Kind.CURRENCY])
def test_what_nobody_can_mend_is_told_once_and_pushes_nothing_out(kind: Kind) -> None:
    """Three hundred a day of another shop: what is wrong in this one on the fifth day is in the report, and open."""
    moved = [a_movement(NOON + timedelta(days=day, minutes=minute), kind) for day in range(6) for minute in range(300)]
    wrong = differs(NOON + timedelta(days=4, minutes=1), kind=Kind.EXTRA)
    runs, _, standing = days_of([*moved, wrong], 8)
    told = [one for run in runs for one in run.told_once]

    assert [len(run.spans) for run in runs[:5]] == [2] * 5, "nothing is looked for again outside of the window"
    assert [wrong in run.differences for run in runs[5:]] == [True] * 3
    assert standing.open == (wrong,)
    assert (sum(one.count for one in told), sum(one.amount.amount for one in told)) == (1_800, 1_800 * 700)
    assert {(one.kind, one.gateway) for one in told} == {(kind, "stripe")}


def test_of_what_is_told_once_staff_hear_once() -> None:
    """It is in the report for as long as it is in the window. What stood open since before is left as well."""
    for kind in (Kind.FOREIGN, Kind.CURRENCY):
        runs, heard, standing = days_of([a_movement(NOON + timedelta(hours=1), kind)], 6)

        assert heard == [False, True, False, False, False, False]
        assert [len(run.differences) for run in runs] == [0, 1, 1, 1, 0, 0]
        assert standing.open == ()
        before = Standing(open=(a_movement(NOON - timedelta(days=30), kind),))
        assert [part.gateway for part in a_run(standing=before).parts] == ["bank", "stripe"]
        assert finished(to_the_end(a_run()), NOON, NAMES, before)[1].open == ()


def test_of_others_who_move_money_every_day_staff_hear_once_a_month() -> None:
    """Each comparison says what came to it. Of another currency they hear on every day on which there is some."""
    daily = [NOON + timedelta(days=day, hours=1) for day in range(40)]
    runs, heard, _ = days_of([a_movement(at, Kind.FOREIGN) for at in daily], 40)
    _, euros, _ = days_of([a_movement(at, Kind.CURRENCY) for at in daily], 3)

    assert [day for day, is_heard in enumerate(heard) if is_heard] == [1, 31]
    assert [sum(one.count for one in run.told_once) for run in runs] == [0] + [1] * 39
    assert euros == [False, True, True]


def test_of_what_a_shop_has_made_staff_hear_though_they_were_told_of_a_till() -> None:
    """It may be this one, restored from a backup: thirty charges have no payment here. Counted apart, once a month."""
    till = [a_movement(NOON + timedelta(days=day, hours=1), Kind.FOREIGN) for day in range(6)]
    lost = [replace(a_movement(NOON + timedelta(days=4, minutes=n), Kind.FOREIGN), is_marked=True) for n in range(30)]
    runs, heard, _ = days_of([*till, *lost, replace(till[-1], is_marked=True, movement="another")], 7)
    told = [[(one.count, one.is_marked) for one in run.told_once] for run in runs]

    assert heard == [False, True, False, False, False, True, False]
    assert told == [[], *[[(1, False)]] * 4, [(1, False), (30, True)], [(1, False), (1, True)]]


def test_another_currency_is_told_though_it_came_late() -> None:
    """Of a moment up to which all was compared: it is known by its name."""
    at = NOON - timedelta(days=1)
    _, before = finished(to_the_end(a_run()), NOON, NAMES, NOTHING)
    run = to_the_end(a_run(standing=before, at=NOON + timedelta(days=1)), (a_movement(at, Kind.CURRENCY),))

    assert [(one.kind, one.count) for one in run.told_once] == [(Kind.CURRENCY, 1)]


@given(st.permutations(list(Kind)), st.integers(1, 3))
def test_the_most_urgent_are_kept_and_of_these_the_newest(kinds: list[Kind], most: int) -> None:
    """In whatever order they are found."""
    found = [a_movement(NOON + timedelta(days=day), kind) for kind in kinds for day in (0, 1)]
    kept = most_urgent(found, most)

    assert [(one.kind, one.at) for one in kept] == [
        *((Kind.EXTRA, NOON + timedelta(days=1)), (Kind.EXTRA, NOON), (Kind.AMOUNT, NOON + timedelta(days=1)))
    ][:most]
    assert {one.kind for one in most_urgent(found, len(found) - 4)} == set(Kind) - {Kind.FOREIGN, Kind.FEE}


def test_what_holds_is_stored_as_it_is() -> None:
    standing = Standing(reach=(Reach(gateway="bank", until=NOON),), open=(differs(NOON),), told=("txn_1 ",))

    assert standing_of(standing.kept) == standing

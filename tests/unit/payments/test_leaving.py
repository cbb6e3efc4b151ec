"""What a person has seen of what differs is told no more, until it is another."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.payments.test_progress import NAMES, NOON, NOTHING, a_run, differs, to_the_end

from shopcore.kernel.money import Money
from shopcore.payments.errors import DifferenceNotFound, TooManyLeft
from shopcore.payments.model import (
    Difference,
    Kind,
    Leave,
    Reconciliation,
    Standing,
    cut_off,
    finished,
    is_for_staff,
    left_alone,
    seen_now,
    standing_of,
)

pytestmark = pytest.mark.core

LEAVE = Leave(at=NOON, by="staff:ada", reason="agreed on")
AT = NOON - timedelta(hours=1)
ONE = replace(differs(AT), theirs=Money(5, "EUR"), ours=Money(4, "EUR"), entry="paid/p")


def left_of(one: Difference = ONE) -> Standing:
    """What holds once somebody lets it be."""
    return left_alone(Standing(open=(one,)), one.id, LEAVE)[0]


def compared(*found: Difference, before: Standing) -> tuple[Reconciliation, Standing]:
    """The next comparison, which finds these."""
    return finished(to_the_end(a_run(standing=before), found), NOON, NAMES, before)


def test_what_is_left_is_told_no_more_and_counted_apart() -> None:
    """For as long as it is as it was; and staff hear of what is open beside it."""
    other = differs(AT, gateway="bank")
    run, after = compared(ONE, before=left_of())
    both, _ = compared(ONE, other, before=left_of())

    assert (run.found, run.differences, run.left) == (0, (), (replace(ONE, left=LEAVE),))
    assert (after.open, after.left) == ((), run.left)
    assert (both.found, both.differences, both.left) == (1, (other,), run.left)
    assert (is_for_staff(run, left_of()), is_for_staff(both, left_of())) == (False, True)


@pytest.mark.parametrize(
    "changed", [{"theirs": Money(6, "EUR")}, {"ours": Money(3, "EUR")}, {"kind": Kind.EXTRA}, {"entry": None}]
)
def test_what_changes_is_open_again(changed: dict[str, object]) -> None:
    """Another amount, on either side, or another kind; that it was left is not known of it any more."""
    other = replace(ONE, **changed)
    run, after = compared(other, before=left_of())

    assert (run.found, run.differences, run.left) == (1, (other,), ())
    assert (after.open, after.left) == ((other,), ())
    assert is_for_staff(run, left_of())


def test_what_is_gone_is_gone() -> None:
    """It is looked for where it arose, however long ago; if it comes back it is open."""
    old = replace(ONE, at=NOON.replace(year=2024))
    _, after = compared(before=left_of(old))
    again, _ = compared(ONE, before=after)

    assert after == replace(after, open=(), left=())
    assert (again.found, again.left) == (1, ())


def test_what_is_left_stays_so_while_its_gateway_does_not_answer() -> None:
    run, after = finished(cut_off(a_run(standing=left_of()), ONE.gateway), NOON, NAMES, left_of())

    assert (run.found, run.differences, run.left) == (0, (), (replace(ONE, left=LEAVE),))
    assert after.left == run.left


def test_what_is_left_while_a_comparison_is_made_is_left_in_it() -> None:
    """Found before, and counted as open until then."""
    before = Standing(open=(ONE,))
    made = to_the_end(a_run(standing=before), (ONE,))
    run, after = finished(made, NOON, NAMES, left_of())

    assert (made.found, made.differences) == (1, (ONE,))
    assert (run.found, run.differences, run.left) == (0, (), after.left)
    assert after == replace(after, open=(), left=(replace(ONE, left=LEAVE),))


def test_a_comparison_of_before_shows_what_was_left_since() -> None:
    run, after = compared(ONE, differs(AT, gateway="bank"), before=NOTHING)
    shown = seen_now(run, left_alone(after, ONE.id, LEAVE)[0])

    assert (run.found, shown.found) == (2, 1)
    assert [one.gateway for one in shown.differences] == ["bank"]
    assert shown.left == (replace(ONE, left=LEAVE),)


def test_only_what_is_open_can_be_left_and_only_once() -> None:
    """Not what has changed since it was seen, nor what is told once; who was first is who is named."""
    once = replace(ONE, kind=Kind.FOREIGN)
    for standing in (NOTHING, Standing(open=(replace(ONE, theirs=Money(6, "EUR")),))):
        with pytest.raises(DifferenceNotFound):
            left_alone(standing, ONE.id, LEAVE)
    with pytest.raises(DifferenceNotFound):
        left_alone(Standing(open=(once,)), once.id, LEAVE)

    assert left_alone(left_of(), ONE.id, replace(LEAVE, by="staff:bob")) == (left_of(), replace(ONE, left=LEAVE))


def test_so_many_can_be_left_as_are_kept() -> None:
    """Beyond them nobody lets anything be: it would be told anew, or hide what is open."""
    many = tuple(replace(ONE, movement=f"{number}", left=LEAVE) for number in range(500))
    with pytest.raises(TooManyLeft):
        left_alone(Standing(open=(ONE,), left=many), ONE.id, LEAVE)
    last, _ = left_alone(Standing(open=(ONE,), left=many[:-1]), ONE.id, LEAVE)
    run, after = compared(*last.left, before=last)

    assert (run.found, len(run.left), len(after.left)) == (0, 500, 500)


@given(st.lists(st.booleans(), max_size=4))
def test_what_holds_is_stored_as_it_is(is_left: list[bool]) -> None:
    """A program that knows nothing of leaving has it among what is open, and tells of it again."""
    all_ = [replace(ONE, movement=f"{n}", left=LEAVE if each else None) for n, each in enumerate(is_left)]
    standing = Standing(
        open=tuple(one for one in all_ if one.left is None), left=tuple(one for one in all_ if one.left is not None)
    )

    assert standing_of(standing.kept) == standing
    assert len(standing.kept.differences) == len(all_)

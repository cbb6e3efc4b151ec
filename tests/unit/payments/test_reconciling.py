"""Comparing a gateway with the books: a clean shop gives no difference, and each thing that is wrong gives its own."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.payments.model import (
    Account,
    Books,
    Difference,
    JournalEntry,
    Kind,
    Movement,
    MovementKind,
    Posting,
    clearing,
    differences,
    entry,
    fees_to_post,
    match,
)
from shopcore.testing.strategies.reconciling import GATEWAY, SPAN, Sides, clean_sides

pytestmark = pytest.mark.core


def compared(movements: Sequence[Movement], entries: Sequence[JournalEntry]) -> tuple[Difference, ...]:
    """All that differs within the day."""
    books = Books(gateway=GATEWAY, entries=entries)
    return differences(match(movements, books), books, *SPAN)


def with_fees(movements: Sequence[Movement], entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """The books after the fees were posted."""
    books = Books(gateway=GATEWAY, entries=entries)
    return [*entries, *fees_to_post(match(movements, books), books)]


@given(clean_sides())
def test_a_clean_shop_gives_no_difference(sides: Sides) -> None:
    assert compared(*sides) == ()


@given(clean_sides())
def test_fees_are_posted_once_and_make_the_books_equal_the_balance(sides: Sides) -> None:
    """To the last unit, whatever was moved, apart from refunds that never counted, and from what is on its way or, of
    debits, came to nothing.
    """
    movements, entries = sides
    books = with_fees(movements, entries)
    counted = [one for one in movements if one.done or (one.kind is not MovementKind.CHARGE and one.done is not None)]
    balance: dict[str, int] = {}
    for one in counted:
        balance[one.amount.currency] = balance.get(one.amount.currency, 0) + one.signed - one.fee.amount
    held: dict[str, int] = {}
    for posted in books:
        money = clearing(posted)
        assert money is not None
        held[money.currency] = held.get(money.currency, 0) + money.amount

    assert {code: sum_ for code, sum_ in held.items() if sum_} == {code: sum_ for code, sum_ in balance.items() if sum_}
    assert with_fees(movements, books) == books
    assert compared(movements, books) == ()


@given(clean_sides(least=1), st.data())
def test_what_only_the_gateway_has_is_missing(sides: Sides, data: st.DataObject) -> None:
    """The shop mends it: it takes in what the gateway says."""
    movements, entries = sides
    gone = data.draw(st.sampled_from(entries))
    found = compared(movements, [one for one in entries if one != gone])
    kept = [one for one in found if one.kind is not Kind.MISSING]

    if gone.key.startswith("refund/") and any(
        one.key == gone.key.replace("refund/", "refund-undone/") for one in entries
    ):
        assert [one.kind for one in found] == [], "what came back again need not have been there"
    else:
        assert kept == []
        (one,) = found
        assert (one.payment_id, one.theirs, one.at) == (gone.payment_id, clearing(gone), gone.at)
        assert one.repairs


@given(clean_sides(least=1), st.data())
def test_what_only_the_books_have_is_extra(sides: Sides, data: st.DataObject) -> None:
    movements, entries = sides
    there = data.draw(st.sampled_from([one for one in movements if one.kind is not MovementKind.CHARGE] or movements))
    found = compared([one for one in movements if one != there], entries)
    is_posted = match([there], Books(gateway=GATEWAY, entries=entries)).pairs

    assert [one.kind for one in found] == ([Kind.EXTRA] if is_posted else [])
    assert not any(one.repairs for one in found)


@given(clean_sides(least=1), st.data())
def test_another_amount_or_currency_is_found(sides: Sides, data: st.DataObject) -> None:
    movements, entries = sides
    place = data.draw(st.integers(0, len(entries) - 1))
    factor, currency = data.draw(st.sampled_from(((2, None), (1, "XTS"))))
    entries = list(entries)
    entries[place] = changed(entries[place], factor, currency)

    (one,) = compared(movements, entries)
    assert one.kind is (Kind.AMOUNT if currency is None else Kind.CURRENCY)
    assert (one.entry, one.ours) == (entries[place].key, clearing(entries[place]))
    assert not one.repairs


def changed(one: JournalEntry, factor: int, currency: str | None) -> JournalEntry:
    """The same entry over another sum."""
    return replace(
        one,
        postings=tuple(
            Posting(account=each.account, amount=Money(each.amount.amount * factor, currency or each.amount.currency))
            for each in one.postings
        ),
    )


def a_charge(sides: Sides) -> Movement:
    """Some charge of the gateway's."""
    return min((one for one in sides[0] if one.kind is MovementKind.CHARGE), key=lambda one: one.id)


PLANTS: list[tuple[Kind, bool, Callable[[Movement], Movement]]] = [
    (Kind.DUPLICATE, False, lambda one: replace(one, id="twice", at=one.at + timedelta(seconds=1))),
    (Kind.FOREIGN, False, lambda one: replace(one, id="foreign", payment_id=None, attempt=None)),
    (
        Kind.REFUND_ELSEWHERE,
        True,
        lambda one: replace(one, id="theirs", kind=MovementKind.REFUND, subject="re_1", amount=Money(1, "USD")),
    ),
]


@pytest.mark.parametrize(("kind", "repairs", "planted"), PLANTS)
@given(sides=clean_sides(least=1))
def test_each_thing_that_was_done_elsewhere_is_found(
    kind: Kind, repairs: bool, planted: Callable[[Movement], Movement], sides: Sides
) -> None:
    """What was charged twice, what is of no payment of ours, what somebody gave back at the gateway."""
    movements, entries = sides
    new = planted(a_charge(sides))

    (one,) = compared([*movements, new], entries)
    assert (one.kind, one.movement, one.repairs) == (kind, new.id, repairs)


@given(clean_sides(least=1), st.integers(1, 50))
def test_another_fee_is_found_and_made_right(sides: Sides, more: int) -> None:
    """By an entry over the difference."""
    movements, entries = sides
    books = with_fees(movements, entries)
    charge = a_charge(sides)
    if not charge.fee.amount:
        return
    dearer = replace(charge, fee=charge.fee + Money(more, charge.fee.currency))
    movements = [dearer if one == charge else one for one in movements]

    (one,) = compared(movements, books)
    assert (one.kind, one.theirs, one.ours, one.repairs) == (Kind.FEE, dearer.fee, charge.fee, True)
    assert compared(movements, with_fees(movements, books)) == ()


@given(clean_sides(least=1))
def test_what_is_outside_of_the_window_is_not_told(sides: Sides) -> None:
    """Nothing of either side: it was told, or will be, by the run whose window it is in."""
    movements, entries = sides
    books = Books(gateway=GATEWAY, entries=[])
    late = SPAN[1] + timedelta(days=1)

    assert differences(match(movements, books), books, SPAN[1], late) == ()
    books = Books(gateway=GATEWAY, entries=entries)
    assert differences(match([], books), books, SPAN[1], late) == ()


def test_a_comparison_by_amounts_would_be_noticed() -> None:
    """The planted bug: whatever has the same amount is taken for the same thing."""

    def by_amount(sides: Sides) -> None:
        movements, entries = sides
        ours = sorted(money.amount for one in entries if (money := clearing(one)) is not None)
        assert sorted(one.signed for one in movements) == ours

    caught(by_amount, clean_sides())


@given(clean_sides(least=1))
def test_another_currency_and_another_amount_at_once_is_another_currency(sides: Sides) -> None:
    """What was taken unasked is told of a movement in the currency of the books only."""
    movements, entries = sides
    charge = a_charge(sides)
    euros = replace(charge, amount=Money(charge.amount.amount + 1, "XTS"))
    paid = next(
        pair.entry
        for pair in match(movements, Books(gateway=GATEWAY, entries=entries)).pairs
        if pair.movement == charge
    )
    owed = Money(1, charge.amount.currency)
    postings = [(Account.RECEIVABLE, owed), (Account.REFUND, -owed)]
    unasked = entry(f"unasked/{paid.payment_id}", paid.at, paid.order_id, paid.payment_id, postings, GATEWAY)
    moved = [euros if one == charge else one for one in movements]
    kinds = {one.kind for one in compared(moved, [*entries, unasked]) if one.movement == charge.id}

    assert Kind.CURRENCY in kinds
    assert Kind.AMOUNT not in kinds


def test_an_entry_that_moves_nothing_at_the_gateway_is_no_matter() -> None:
    """Such as a sale, or one of another gateway."""
    sale = entry(
        "sale/o",
        SPAN[0],
        OrderId("o"),
        None,
        [(Account.RECEIVABLE, Money(5, "USD")), (Account.REVENUE, Money(-5, "USD"))],
    )
    lost = replace(sale, key="dispute-lost/d", gateway=GATEWAY)

    assert compared([], [sale, lost]) == ()

"""The tax report and the balances are sums over the ledger."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import caught

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.payments.model import Account, JournalEntry, balances_of, entry, sale, tax_report, tax_span, with_tax
from shopcore.payments.model.ledger import Total

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def total(
    account: Account, amount: int, currency: str = "EUR", gateway: str | None = None, *, is_sale: bool = False
) -> Total:
    """What was posted there."""
    return Total(account=account, gateway=gateway, amount=Money(amount, currency), is_sale=is_sale)


SOLD = [
    total(Account.RECEIVABLE, 11900, is_sale=True),
    total(Account.RECEIVABLE, -11900, gateway="stripe"),
    total(Account.CLEARING, 9900, gateway="stripe"),
    total(Account.REFUND, 1681, gateway="stripe"),
    total(Account.TAX, 319, gateway="stripe"),
    total(Account.FEE, 300, gateway="stripe"),
    total(Account.CLEARING, -300, gateway="stripe"),
    total(Account.REVENUE, -10000, is_sale=True),
    total(Account.DISCOUNT, 500, is_sale=True),
    total(Account.SHIPPING, -500, is_sale=True),
    total(Account.TAX, -1900, is_sale=True),
]


def test_a_tax_report_says_what_was_sold_and_the_tax_on_it() -> None:
    """By currency; a currency in which only something went back is told too."""
    report = tax_report([*SOLD, total(Account.REFUND, 7, "USD")], NOW - timedelta(days=1), NOW)
    euros, dollars = report.items

    assert (euros.goods, euros.shipping, euros.tax) == (Money(9500, "EUR"), Money(500, "EUR"), Money(1900, "EUR"))
    assert (euros.total, euros.refunded, euros.refunded_tax) == tuple(Money(n, "EUR") for n in (11900, 2000, 319))
    assert (dollars.total, dollars.refunded, dollars.refunded_tax) == tuple(Money(n, "USD") for n in (0, 7, 0))


def test_balances_say_what_each_gateway_holds() -> None:
    """And every account, over all gateways."""
    report = balances_of([*SOLD, total(Account.CLEARING, 5, gateway="manual")], NOW)

    assert [(one.gateway, one.held, one.fees) for one in report.gateways] == [
        ("manual", Money(5, "EUR"), Money(0, "EUR")),
        ("stripe", Money(9600, "EUR"), Money(300, "EUR")),
    ]
    assert {one.account: one.amount.amount for one in report.accounts}[Account.RECEIVABLE] == 0


@given(
    st.lists(
        st.builds(
            total,
            st.sampled_from(Account),
            st.integers(-(10**12), 10**12),
            st.sampled_from(["EUR", "USD"]),
            st.sampled_from([None, "stripe", "manual"]),
        )
    )
)
def test_no_cent_is_lost_in_a_report(totals: list[Total]) -> None:
    """The accounts come to what was posted, and the gateways to the clearing account."""
    report = balances_of(totals, NOW)

    for currency in ("EUR", "USD"):
        posted = sum(one.amount.amount for one in totals if one.amount.currency == currency)
        accounts = [one for one in report.accounts if one.amount.currency == currency]
        held = [one.held.amount for one in report.gateways if one.held.currency == currency]
        cleared = [one for one in totals if one.account is Account.CLEARING and one.gateway]
        assert sum(one.amount.amount for one in accounts) == posted
        assert sum(held) == sum(one.amount.amount for one in cleared if one.amount.currency == currency)


@pytest.mark.parametrize(("since", "until", "field"), [(NOW, NOW, "until"), (NOW - timedelta(days=401), NOW, "since")])
def test_a_span_is_neither_empty_nor_endless(since: datetime, until: datetime, field: str) -> None:
    """Thirty days unless it is said."""
    with pytest.raises(InvalidInput) as refused:
        tax_span(since, until, NOW)

    assert refused.value.errors[0].field == field
    assert tax_span(None, None, NOW) == (NOW - timedelta(days=30), NOW)


Taxed: TypeAlias = Callable[[JournalEntry, Sequence[JournalEntry]], JournalEntry]


@st.composite
def sales(draw: st.DrawFn) -> tuple[int, list[int]]:
    """The tax that was in a sale, and the parts in which all of it went back, some of which came back in between."""
    parts = draw(st.lists(st.integers(1, 10**9), min_size=1, max_size=5))
    tax = draw(st.integers(0, sum(parts)))
    undone = draw(st.lists(st.sampled_from(parts), max_size=2))
    return tax, [each for part in parts for each in ([part, -part, part] if part in undone else [part])]


def what_went_back_has_the_tax_of_that_much(with_tax: Taxed, example: tuple[int, list[int]]) -> None:
    """At any time, to the last unit; and all of it in the end."""
    tax, parts = example
    money = {each: Money(each, "EUR") for each in (sum(parts), tax, *parts)}
    none = Money.zero("EUR")
    books = [sale(OrderId("o"), None, NOW, total=money[sum(parts)], discount=none, shipping=none, tax=money[tax])]
    for number, part in enumerate(parts):
        sides = [(Account.REFUND, money[part]), (Account.CLEARING, -money[part])]
        books.append(with_tax(entry(f"refund/{number}", NOW, OrderId("o"), None, sides, "stripe"), books))
        back, went = sum(parts[: number + 1]), books[1:]
        found = {account: _posted(account, went) for account in (Account.TAX, Account.REFUND, Account.CLEARING)}
        assert found[Account.TAX] == tax * back // sum(parts)
        assert found[Account.TAX] + found[Account.REFUND] == back == -found[Account.CLEARING]

    assert _posted(Account.TAX, books[1:]) == tax


def _posted(account: Account, entries: Sequence[JournalEntry]) -> int:
    return sum(each.amount.amount for one in entries for each in one.postings if each.account is account)


@given(sales())
def test_what_goes_back_has_the_tax_in_it(example: tuple[int, list[int]]) -> None:
    what_went_back_has_the_tax_of_that_much(with_tax, example)


def test_parts_that_are_rounded_by_themselves_are_noticed() -> None:
    """The planted bug: a cent of tax is declared that nobody paid."""
    planted: Taxed = lambda new, known: with_tax(new, known[:1])  # noqa: E731 - a name for what is planted

    caught(lambda example: what_went_back_has_the_tax_of_that_much(planted, example), sales())


def test_what_is_no_part_of_a_sale_has_no_tax() -> None:
    """A second charge that goes back, or what went back of an order that was sold before the books were kept so."""
    again = [(Account.RECEIVABLE, Money(5, "EUR")), (Account.CLEARING, Money(-5, "EUR"))]
    back = [(Account.REFUND, Money(5, "EUR")), (Account.CLEARING, Money(-5, "EUR"))]
    for sides in (again, back):
        one = entry("refund/r", NOW, OrderId("o"), None, sides, "stripe")
        assert with_tax(one, []) == one

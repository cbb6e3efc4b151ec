"""The tax report and the balances are sums over the ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.money import Money
from shopcore.payments.model import Account, balances_of, tax_report, tax_span
from shopcore.payments.model.ledger import Total

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def total(account: Account, amount: int, currency: str = "EUR", gateway: str | None = None) -> Total:
    """What was posted there."""
    return Total(account=account, gateway=gateway, amount=Money(amount, currency))


SOLD = [
    total(Account.RECEIVABLE, 11900),
    total(Account.RECEIVABLE, -11900, gateway="stripe"),
    total(Account.CLEARING, 9900, gateway="stripe"),
    total(Account.REFUND, 2000, gateway="stripe"),
    total(Account.FEE, 300, gateway="stripe"),
    total(Account.CLEARING, -300, gateway="stripe"),
    total(Account.REVENUE, -10000),
    total(Account.DISCOUNT, 500),
    total(Account.SHIPPING, -500),
    total(Account.TAX, -1900),
]


def test_a_tax_report_says_what_was_sold_and_the_tax_on_it() -> None:
    """By currency; a currency in which only something went back is told too."""
    report = tax_report([*SOLD, total(Account.REFUND, 7, "USD")], NOW - timedelta(days=1), NOW)
    euros, dollars = report.items

    assert (euros.goods, euros.shipping, euros.tax) == (Money(9500, "EUR"), Money(500, "EUR"), Money(1900, "EUR"))
    assert (euros.total, euros.refunded) == (Money(11900, "EUR"), Money(2000, "EUR"))
    assert (dollars.total, dollars.refunded) == (Money(0, "USD"), Money(7, "USD"))


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

"""`shop reports tax` and `shop reports balances`: sums over the ledger."""

from collections.abc import Callable

import pytest
from tests.unit.cli.conftest import Buy, Run, decoded

from shopcore.ordering.model import Order


def test_what_was_sold_and_what_is_held_is_printed(shop: Run, buy: Buy) -> None:
    """For people and for machines."""
    total = buy().totals.total
    taxes, balances = decoded(shop("reports", "tax", "--json")), decoded(shop("reports", "balances", "--json"))
    said = shop("reports", "tax").stdout + shop("reports", "balances").stdout

    assert [each["total"]["amount"] for each in taxes["items"]] == [total.amount]
    assert [(each["gateway"], each["held"]["amount"]) for each in balances["gateways"]] == [("bogus", total.amount)]
    assert said.count(str(total)) >= 2
    assert "clearing" in said


@pytest.mark.usefixtures("stocked")
def test_a_span_that_is_none_is_refused(shop: Run) -> None:
    refused = shop("reports", "tax", "--since", "2026-01-02", "--until", "2026-01-01", status=1)

    assert "until: must be after since" in refused.stderr


@pytest.fixture
def transferred(buy: Buy, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Order]:
    """Somebody orders, and is going to make a transfer."""
    monkeypatch.setenv("PAYMENT_GATEWAYS", "manual")
    monkeypatch.setenv("MANUAL_DETAILS", "Shop Ltd, XX00 1234")
    return lambda: buy(method="bank_transfer")


def test_staff_say_what_came_what_will_not_and_what_they_gave_back(shop: Run, transferred: Callable[[], Order]) -> None:
    paid, unpaid = transferred(), transferred()
    came = shop("orders", "confirm", paid.number, "--now").stdout
    asked = decoded(shop("orders", "refund", paid.number, "--reason", "damaged", "--now", "--json"))
    given = shop("orders", "confirm", paid.number, "--refund", asked["refunds"][0]["id"], "--now").stdout
    refused = shop("orders", "refuse", unpaid.number).stdout

    assert came == f"Order {paid.number} is processing, paid.\n"
    assert (asked["payment_status"], asked["refunds"][0]["status"]) == ("paid", "requested")
    assert given == f"Order {paid.number} is processing, refunded.\n"
    assert refused == f"Order {unpaid.number} is pending, failed.\n"

"""`shop orders` and `shop bogus`: an operator's day."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import PERSONAL, Buy, Run, assert_discreet, complaint, decoded


def level(shop: Run, sku: str = "CEDAR-PENCILS_HB") -> Any:
    return decoded(shop("stock", "show", sku, "--json"))


def test_orders_are_listed_without_personal_data(shop: Run, buy: Buy) -> None:
    """Number, state, items and total; nothing of the customer, in neither form."""
    order = buy()

    table, machine = shop("orders", "list").stdout, shop("orders", "list", "--json").stdout

    assert order.number in table
    assert f"{order.totals.total}" in table
    assert_discreet(table + machine)
    with pytest.raises(AssertionError):  # what would happen if a list showed what `show` does
        assert_discreet(shop("orders", "show", order.number, "--json").stdout)


def test_orders_are_found_by_status_and_by_customer(shop: Run, buy: Buy) -> None:
    """Each filter shows what it names; an address that is none is refused by name."""
    paid, declined = buy(), buy(method="declined")

    def numbers(*arguments: str) -> list[str]:
        return [order["number"] for order in decoded(shop("orders", "list", "--json", *arguments))]

    assert numbers() == [declined.number, paid.number]
    assert numbers("--status", "processing") == [paid.number]
    assert numbers("--email", "ann@EXAMPLE.com") == numbers()
    assert numbers("--email", "bob@example.com") == []
    assert numbers("--limit", "1") == [declined.number]
    assert complaint(shop("orders", "list", "--email", "ann", status=1)).startswith("email: ")
    assert "--status" in complaint(shop("orders", "list", "--status", "lost", status=2))


@pytest.mark.parametrize("name", ["number", "id"])
def test_an_order_is_shown_in_full(shop: Run, buy: Buy, name: str) -> None:
    """By its number or its id: customer, lines, money and timeline."""
    order = buy()

    page = shop("orders", "show", getattr(order, name)).stdout

    wanted = (*PERSONAL, "CEDAR-PENCILS_HB", str(order.totals.total), "processing", "paid")
    assert [word for word in wanted if word not in page] == []


def test_an_unknown_order_is_refused_in_one_line(shop: Run, stocked: Path) -> None:
    """Whatever is to be done with it."""
    for act in ("show", "cancel", "ship", "deliver"):
        assert complaint(shop("orders", act, "XXXX-XXXX", status=1)) == "there is no such order"
    assert complaint(shop("orders", "refund", "XXXX-XXXX", "--reason", "x", status=1)) == "there is no such order"


def test_an_order_is_shipped_and_delivered_in_that_order(shop: Run, buy: Buy) -> None:
    """The parcel is on the order's page; a step that its life does not have is refused."""
    number = buy().number

    assert complaint(shop("orders", "deliver", number, status=1)) == "an order that is processing cannot be delivered"
    shop("orders", "ship", number, "--carrier", "DHL", "--tracking", "0034")
    said = shop("orders", "deliver", number).stdout

    assert said == f"Order {number} is delivered, paid.\n"
    parcel = decoded(shop("orders", "show", number, "--json"))["fulfillments"][0]
    assert (parcel["carrier"], parcel["tracking_number"]) == ("DHL", "0034")
    assert complaint(shop("orders", "cancel", number, status=1)) == "an order that is delivered cannot be cancelled"


def test_a_cancelled_order_gives_stock_and_money_back(shop: Run, buy: Buy) -> None:
    """With --now at once: the level is what it was, and the bank's books say refunded."""
    before = level(shop)["available"]
    order = buy()
    assert level(shop)["available"] == before - 2

    said = shop("orders", "cancel", order.number, "--reason", "changed her mind", "--now").stdout

    assert said == f"Order {order.number} is cancelled, refunded. Stock and money go back.\n"
    assert level(shop)["available"] == before
    assert [charge["status"] for charge in decoded(shop("bogus", "charges", "--json"))] == ["refunded"]


def test_a_refund_is_an_intention_until_the_worker_has_been(shop: Run, buy: Buy) -> None:
    """Without --now it is said that the worker does it; with it, it is done."""
    number = buy().number

    said = shop("orders", "refund", number, "--amount", "1.50", "--reason", "scratched").stdout
    waiting = decoded(shop("orders", "show", number, "--json"))["refunds"]
    done = decoded(shop("orders", "refund", number, "--amount", "2", "--reason", "dented", "--now", "--json"))

    assert said.startswith(f"Order {number} is processing, paid. 1.50 USD go back. The worker carries it out;")
    assert [refund["status"] for refund in waiting] == ["requested"]
    assert [(refund["amount"]["amount"], refund["status"]) for refund in done["refunds"]] == [
        (150, "done"),
        (200, "done"),
    ]
    assert done["payment_status"] == "partially_refunded"


def test_never_more_is_refunded_than_was_paid(shop: Run, buy: Buy) -> None:
    """Nor nothing, nor less than the currency can say; nothing is written down."""
    order = buy()
    too_much = f"{order.totals.total.amount // 100 + 1}"

    def refused(amount: str) -> str:
        return complaint(shop("orders", "refund", order.number, "--amount", amount, "--reason", "x", status=1))

    assert refused(too_much) == f"that is more than can still be refunded: {order.totals.total} is left"
    assert refused("0") == "--amount: must be more than 0"
    assert refused("-1") == "--amount: must be more than 0"
    assert refused("1.505") == "--amount: '1.505' has more decimals than USD has"
    assert refused("all") == "--amount: 'all' is not an amount"
    assert complaint(shop("orders", "refund", order.number, "--reason", " ", status=1)) == "reason: must not be empty"
    assert "--reason" in complaint(shop("orders", "refund", order.number, status=2))
    assert decoded(shop("orders", "show", order.number, "--json"))["refunds"] == []


def test_a_refund_that_the_gateway_refuses_is_a_failure(shop: Run, buy: Buy, folder: Path) -> None:
    """The bank does not know the charge any more: the order says failed, and so does the exit status."""
    number = buy().number
    for book in folder.glob("bogus.db*"):
        book.unlink()

    result = shop("orders", "refund", number, "--reason", "x", "--now", status=1)

    assert result.stderr == "shop: the gateway refused the refund\n"
    assert decoded(shop("orders", "show", number, "--json"))["refunds"][0]["status"] == "failed"


@pytest.mark.parametrize(
    ("decision", "status", "payment"), [("approve", "captured", "paid"), ("refuse", "failed", "unpaid")]
)
def test_the_customer_of_the_pretend_bank_decides(
    shop: Run, buy: Buy, decision: str, status: str, payment: str
) -> None:
    """A charge that waits is approved or refused, and with --now the shop hears of it."""
    order = buy(method="requires_action")
    (charge,) = decoded(shop("bogus", "charges", "--json"))
    assert charge["status"] == "requires_action"

    said = shop("bogus", decision, charge["id"], "--now").stdout

    assert said == f"Charge {charge['id']} is {status}. The shop knows it.\n"
    found = decoded(shop("orders", "show", order.number, "--json"))
    assert found["payment_status"] in {payment, "failed" if payment == "unpaid" else payment}


def test_an_unknown_charge_is_refused_in_one_line(shop: Run, buy: Buy) -> None:
    """Approving and refusing alike; the list shows which there are."""
    order = buy()

    assert complaint(shop("bogus", "approve", "nothing", status=1)) == "there is no such payment"
    assert complaint(shop("bogus", "refuse", "nothing", status=1)) == "there is no such payment"
    assert order.id in shop("bogus", "charges").stdout

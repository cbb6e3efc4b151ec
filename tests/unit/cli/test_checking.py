"""`shop orders check`: what orders say of their money, against the ledger."""

from functools import partial

from tests.unit.cli.conftest import Buy, Run, decoded, inside

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.payments.model import Account, Summed, Total, entry, replace_sums
from shopcore.shop import Shop


def test_orders_that_are_in_step_are_counted(shop: Run, buy: Buy) -> None:
    """For people and for machines, whether or not there is anything to mend."""
    buy()
    buy()
    said, told = shop("orders", "check").stdout, decoded(shop("orders", "check", "--mend", "--json"))

    assert "2 orders compared with the ledger, 0 differ" in said
    assert told == {"compared": 2, "out_of_step": [], "sums_apart": []}


def test_sums_that_are_not_what_the_ledger_has_are_told_and_taken_anew(shop: Run, buy: Buy) -> None:
    """Status 1 until somebody mends them."""
    buy()
    inside(_missum)
    said = shop("orders", "check", status=1)
    mended = decoded(shop("orders", "check", "--mend", "--json"))

    assert "1 differ" in said.stdout.splitlines()[-4]
    assert said.stdout.splitlines()[-1].split() == ["fee", "stripe", "7.00", "USD", "0.00", "USD"]
    assert said.stderr == "shop: balances go on from sums that the ledger does not have: --mend takes them anew\n"
    assert [(one["account"], one["gateway"]) for one in mended["sums_apart"]] == [("fee", "stripe")]
    assert "0 differ" in shop("orders", "check").stdout.splitlines()[-1]


async def _missum(shop: Shop) -> None:
    store = shop._store
    wrong = Total(account=Account.FEE, gateway="stripe", amount=Money(700, "USD"))

    async def work() -> None:
        standing = await store.reconciliations.standing()
        await store.reconciliations.put_standing(replace_sums(standing, Summed(totals=(wrong,))))

    await store.unit_of_work(work)


def test_an_amount_that_went_back_by_the_ledger_alone_is_for_a_person(shop: Run, buy: Buy) -> None:
    """Status 1 also with --mend, which tells the order its status."""
    order = buy()
    inside(partial(_gives_back_unknown_to, order.id))
    found = shop("orders", "check", "--mend", status=1)
    again = shop("orders", "check", status=1)

    whole = [order.number, "paid", "partially_refunded", "0.00", "USD", "1.00", "USD"]
    assert found.stdout.splitlines()[-2].split() == whole
    assert again.stdout.splitlines()[-2].split() == [order.number, "partially_refunded", *whole[2:]]
    assert "what went back is not the same in both" in again.stderr


async def _gives_back_unknown_to(order_id: OrderId, shop: Shop) -> None:
    store = shop._store
    payment = await store.payments.of_order(order_id)
    assert payment is not None
    amount = Money(100, "USD")
    postings = [(Account.REFUND, amount), (Account.CLEARING, -amount)]
    given = entry("refund/elsewhere", payment.updated_at, order_id, payment.id, postings, payment.gateway)
    await store.unit_of_work(partial(store.ledger.post, given))

"""`shop orders check`: what orders say of their money, against the ledger."""

from tests.unit.cli.conftest import Buy, Run, decoded


def test_orders_that_are_in_step_are_counted(shop: Run, buy: Buy) -> None:
    """For people and for machines, whether or not there is anything to mend."""
    buy()
    buy()
    said, told = shop("orders", "check").stdout, decoded(shop("orders", "check", "--mend", "--json"))

    assert "2 orders compared with the ledger, 0 differ" in said
    assert told == {"compared": 2, "out_of_step": []}

"""`shop gateways`."""

from tests.unit.cli.conftest import Run, complaint, decoded


def test_a_gateway_is_switched_off_and_on(shop: Run) -> None:
    """It is kept: the next command sees it."""
    shop("gateways", "off", "bogus", "--reason", "fails")
    (off,) = decoded(shop("gateways", "list", "--json"))
    table = shop("gateways", "list").stdout
    shop("gateways", "on", "bogus")
    (on,) = decoded(shop("gateways", "list", "--json"))

    assert (off["is_on"], off["switch"]["reason"], on["is_on"]) == (False, "fails", True)
    assert "off" in table
    assert "is not paid through nobank" in complaint(shop("gateways", "off", "nobank", status=1))

"""`shop staff`."""

from tests.unit.cli.conftest import Run, complaint, decoded, inside

from shopcore.identity.model import Account
from shopcore.kernel.ids import CustomerId
from shopcore.shop import Shop


async def _join(opened: Shop) -> None:
    now = opened.clock.now()
    for name, verified in (("ada", now), ("eve", None)):
        account = Account(id=CustomerId(name), email=f"{name}@example.com", created_at=now, verified_at=verified)
        await opened._store.accounts.add(account)


def test_a_customer_joins_the_staff_and_leaves_it(shop: Run) -> None:
    """By their address or id; the list prints neither name nor address."""
    inside(_join)
    shop("staff", "add", "ada@example.com", "--role", "support", "--role", "editor")
    (listed,) = decoded(shop("staff", "list", "--json"))
    table = shop("staff", "list").stdout

    assert (listed["customer_id"], listed["roles"], listed["added_by"]) == ("ada", ["editor", "support"], "staff:owner")
    assert "example.com" not in table
    shop("staff", "remove", "ada@example.com")
    assert decoded(shop("staff", "list", "--json")) == []
    assert "no such member" in complaint(shop("staff", "remove", "ada", status=1))


def test_only_whose_address_it_is_joins(shop: Run) -> None:
    inside(_join)

    assert "has not verified" in complaint(shop("staff", "add", "eve@example.com", "-r", "owner", status=1))
    assert "no such customer" in complaint(shop("staff", "add", "bob@example.com", "-r", "owner", status=1))

"""`shop staff`."""

from functools import partial

import msgspec
from tests.unit.cli.conftest import Run, complaint, decoded, inside

from shopcore.access.model import ApiKey, Member
from shopcore.identity.model import Account, SecondFactor
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.sealing import token_hash
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
    assert listed["has_second_factor"] is False
    assert table.rstrip().endswith("NO")
    shop("staff", "remove", "ada@example.com")
    assert decoded(shop("staff", "list", "--json")) == []
    assert "no such member" in complaint(shop("staff", "remove", "ada", status=1))


GRACE = CustomerId("0192f3a4-5b6c-7d8e-9f01-23456789abcd")


async def _leave_keys(opened: Shop) -> None:
    now, store = opened.clock.now(), opened._store
    await store.members.put(Member(customer_id=GRACE, roles=("editor",), added_at=now, added_by="staff:owner"))
    for name, permission in (("Till", "catalog:read"), ("Books", "orders:refund")):
        made = ApiKey(
            id=name.lower(),
            name=name,
            permissions=(permission,),
            digest=token_hash(name),
            ending="last",
            created_at=now,
            created_by=f"staff:{GRACE}",
        )
        await store.api_keys.add(made)


def test_what_somebody_leaves_is_taken_over_as_far_as_they_held_it(shop: Run) -> None:
    """And it is said of each key whether it is good still."""
    inside(_leave_keys)
    said = shop("staff", "remove", GRACE, "--take-over").stdout

    assert "The API key Till (till) stays good." in said
    assert "The API key Books (books) is good no more." in said


def test_only_whose_address_it_is_joins(shop: Run) -> None:
    inside(_join)

    assert "has not verified" in complaint(shop("staff", "add", "eve@example.com", "-r", "owner", status=1))
    assert "no such customer" in complaint(shop("staff", "add", "bob@example.com", "-r", "owner", status=1))


async def _protect(opened: Shop) -> None:
    now = opened.clock.now()
    factor = SecondFactor(secret="JBSWY3DPEHPK3PXP", confirmed_at=now)
    protected = Account(id=CustomerId("ada"), email="ada@example.com", created_at=now, second_factor=factor)
    await opened._store.accounts.add(protected)


def test_a_second_factor_that_was_lost_is_removed(shop: Run) -> None:
    """By the address or the id of who has lost it."""
    inside(_protect)
    removed = shop("customers", "remove-second-factor", "ada@example.com")

    assert "ada signs in by their password alone" in removed.stdout
    assert "there is no second factor" in complaint(shop("customers", "remove-second-factor", "ada", status=1))


def test_somebody_on_the_machine_vouches_for_a_factor(shop: Run) -> None:
    """Of who is on the staff, and has one; what there is is shown before, and asked for unless it is named."""
    inside(_protect)
    alone = complaint(shop("staff", "vouch", "ada", status=1))
    inside(_verify)
    shop("staff", "add", "ada@example.com", "--role", "support")
    asked = shop("staff", "vouch", "ada@example.com", said="n\n", status=1)
    (proof,) = decoded(shop("staff", "list", "--json"))[0]["proofs"]
    other = complaint(shop("staff", "vouch", "ada", "--proof", "another", status=1))
    shop("staff", "vouch", "ada@example.com", said="y\n")
    shop("staff", "vouch", "ada", "--proof", proof["id"])

    assert proof["id"] in asked.stdout
    assert (proof["kind"], proof["is_vouched_for"]) == ("authenticator", False)
    assert "there are others than these" in other
    assert "no such member" in alone
    assert decoded(shop("staff", "list", "--json"))[0]["is_vouched_for"] is True


async def _verify(opened: Shop) -> None:
    verified = partial(msgspec.structs.replace, verified_at=opened.clock.now())
    await opened._store.accounts.update(CustomerId("ada"), verified)

"""Looking after customers and colleagues: by rights, in the log, and never past the rules on who lets whom go."""

import pytest
from tests.stories import Story

from shopcore.access.errors import CannotGrant, LastOwner, NotStaff
from shopcore.administration.errors import NotVerified, PersonNotFound, StillStaff
from shopcore.identity.model import Account, Device
from shopcore.identity.model.sessions import open_session
from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.kernel.paging import InvalidCursor

pytestmark = pytest.mark.anyio

ADA = CustomerId("ada")


async def account(story: Story, name: str = "ada", *, verified: bool = True) -> Account:
    """Somebody with an account."""
    now = story.clock.now()
    opened = Account(
        id=CustomerId(name),
        email=f"{name}@example.com",
        name=name.title(),
        created_at=now,
        verified_at=now if verified else None,
        password="$argon2id$hash",
    )
    await story.place.store.accounts.add(opened)
    return opened


async def test_a_customer_is_hired_by_their_address_and_let_go(story: Story) -> None:
    """However the domain is written; they stay a customer."""
    await account(story)
    added = await story.staff.people.add_colleague(email="ada@EXAMPLE.com", roles=["support", "editor"])
    (listed,) = (await story.staff.people.list_colleagues()).items
    staff = await story.shop.admit_staff(Customer(customer_id=ADA))
    await story.staff.people.remove_colleague(customer_id=ADA)

    assert added == listed
    assert (added.id, added.email, added.name, added.roles) == (ADA, "ada@example.com", "Ada", ("editor", "support"))
    assert {"orders:refund", "catalog:write"} <= staff.permissions
    with pytest.raises(NotStaff):
        await story.shop.admit_staff(Customer(customer_id=ADA))
    assert (await story.staff.people.find(email="ada@example.com")).id == ADA


async def test_only_whose_address_it_is_is_hired(story: Story) -> None:
    """Somebody else may have opened an account under an address that they do not read."""
    await account(story, verified=False)

    with pytest.raises(NotVerified):
        await story.staff.people.add_colleague(email="ada@example.com", roles=["owner"])
    with pytest.raises(PersonNotFound):
        await story.staff.people.add_colleague(email="bob@example.com", roles=["owner"])
    with pytest.raises(InvalidInput):
        await story.staff.people.add_colleague(email="no address", roles=["owner"])
    assert (await story.staff.people.list_colleagues()).items == []


async def test_whoever_hires_gives_no_more_than_they_have(story: Story) -> None:
    await account(story)
    await account(story, "bob")
    chief = story.as_(Staff(name="chief", permissions=frozenset({"staff:write", "orders:read"})))
    with pytest.raises(CannotGrant):
        await chief.people.add_colleague(email="ada@example.com", roles=["owner"])
    await story.staff.people.add_colleague(email="ada@example.com", roles=["owner"])
    with pytest.raises(CannotGrant):
        await chief.people.add_colleague(email="ada@example.com", roles=["support"])
    with pytest.raises(LastOwner):
        await story.staff.people.add_colleague(email="ada@example.com", roles=["support"])


async def test_who_is_locked_out_is_out_everywhere(story: Story) -> None:
    """Their sessions end in the same transaction; unlocking opens none again. Both are in the log."""
    await account(story)
    sessions, now = story.place.store.sessions, story.clock.now()
    for name in ("phone", "laptop"):
        await sessions.add(open_session(SessionId(name), ADA, Device(), ("pwd",), now))
    locked = await story.staff.people.lock(customer_id=ADA, locked=True)
    left = await sessions.of_customer(ADA)
    again = await story.staff.people.lock(customer_id=ADA, locked=True)
    unlocked = await story.staff.people.lock(customer_id=ADA, locked=False)

    assert locked.locked_at == again.locked_at == now
    assert (list(left), unlocked.locked_at) == ([], None)
    assert list(await sessions.of_customer(ADA)) == []
    log = (await story.staff.audit.list(limit=3)).items
    assert [(entry.action, entry.subject) for entry in log] == [
        ("customer.unlock", "customer:ada"),
        ("customer.lock", "customer:ada"),
        ("customer.lock", "customer:ada"),
    ]


async def test_a_colleague_is_not_locked_out_past_the_rules(story: Story) -> None:
    """Who may lock customers must not get rid of an owner by it."""
    await account(story)
    await story.staff.people.add_colleague(email="ada@example.com", roles=["owner"])
    support = story.as_(Staff(name="support", permissions=frozenset({"customers:write"})))

    with pytest.raises(StillStaff):
        await support.people.lock(customer_id=ADA, locked=True)
    with pytest.raises(PersonNotFound):
        await support.people.lock(customer_id=CustomerId("nobody"), locked=True)
    assert (await story.staff.people.find(customer_id=ADA)).locked_at is None


async def test_a_colleague_whose_account_is_gone_is_still_listed(story: Story) -> None:
    """So that somebody sees it and takes them off the list."""
    await account(story)
    await story.staff.people.add_colleague(email="ada@example.com", roles=["support"])
    await story.place.store.accounts.remove(ADA)
    (listed,) = (await story.staff.people.list_colleagues()).items

    assert (listed.id, listed.email, listed.name) == (ADA, None, None)


async def test_customers_are_listed_newest_first_and_show_no_secret(story: Story) -> None:
    for name in ("ada", "bob", "eve"):
        await account(story, name)
    first = await story.staff.people.list(limit=2)
    rest = await story.staff.people.list(limit=2, cursor=first.next_cursor)

    assert [person.id for person in (*first.items, *rest.items)] == ["eve", "bob", "ada"]
    assert rest.next_cursor is None
    assert "argon2" not in str(first.items)
    with pytest.raises(InvalidCursor):
        await story.staff.people.list_colleagues(cursor=first.next_cursor)
    with pytest.raises(PersonNotFound):
        await story.staff.people.find(customer_id=CustomerId("nobody"))


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Guest(), Unauthenticated),
        (Customer(customer_id=ADA), Forbidden),
        (Staff(name="x", permissions=frozenset({"orders:read"})), Forbidden),
        (Integration(name="k", permissions=frozenset({"orders:read"})), Forbidden),
    ],
)
async def test_who_may_not_learns_not_even_who_is_there(story: Story, actor: Actor, refusal: type[Exception]) -> None:
    people = story.as_(actor).people
    for act in (
        people.list(),
        people.find(email="ada@example.com"),
        people.lock(customer_id=ADA, locked=True),
        people.list_colleagues(),
        people.add_colleague(email="nobody", roles=[]),
    ):
        with pytest.raises(refusal):
            await act


async def test_who_is_forgotten_leaves_the_staff(story: Story) -> None:
    """In the same transaction; the last owner makes somebody else one first, and keeps their account until then."""
    await account(story)
    await account(story, "bob")
    await story.staff.people.add_colleague(email="ada@example.com", roles=["owner"])
    ada = story.as_(Customer(customer_id=ADA))
    with pytest.raises(LastOwner):
        await ada.privacy.erase()
    assert (await story.staff.people.find(customer_id=ADA)).email == "ada@example.com"

    await story.staff.people.add_colleague(email="bob@example.com", roles=["owner"])
    await ada.privacy.erase()
    assert [each.id for each in (await story.staff.people.list_colleagues()).items] == ["bob"]
    actions = [entry.action for entry in (await story.staff.audit.list(limit=5)).items]
    assert "staff.leave" in actions

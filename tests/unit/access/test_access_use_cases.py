"""Who says who may do what: within their own limits, in the log, and with effect at once."""

import asyncio

import pytest
from tests.stories import Story

from shopcore.access.errors import (
    ApiKeyNotFound,
    CannotGrant,
    InvalidApiKey,
    LastOwner,
    MemberNotFound,
    NotStaff,
    RoleBuiltIn,
    RoleInUse,
    RoleNotFound,
)
from shopcore.access.model import Member
from shopcore.kernel.actor import EVERYTHING, Actor, Customer, Guest, Integration, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.paging import InvalidCursor

pytestmark = pytest.mark.anyio

ANN, BOB = CustomerId("ann"), CustomerId("bob")


async def hired(story: Story, name: CustomerId, *roles: str) -> Staff:
    """Somebody in these roles, as they come in; the way in over an e-mail address is another test's."""
    staff = {member.customer_id for member in (await story.staff.access.list_members(limit=100)).items}
    if name not in staff:
        newcomer = Member(customer_id=name, roles=(), added_at=story.clock.now(), added_by="staff:owner")
        await story.place.store.members.put(newcomer)
    await story.staff.access.change_member(customer_id=name, roles=roles)
    return await story.shop.admit_staff(Customer(customer_id=name))


async def test_what_somebody_may_do_follows_their_roles_at_once(story: Story) -> None:
    """A role of the shop's own is changed, and taken away; the next request knows."""
    await story.staff.access.put_role(name="packer", permissions=["orders:read"])
    assert (await hired(story, ANN, "packer")).permissions == {"orders:read"}

    await story.staff.access.put_role(name="packer", permissions=["orders:read", "orders:write"])
    widened = await story.shop.admit_staff(Customer(customer_id=ANN))
    await story.staff.people.remove_colleague(customer_id=ANN)

    assert widened == Staff(name=ANN, permissions=frozenset({"orders:read", "orders:write"}))
    with pytest.raises(NotStaff):
        await story.shop.admit_staff(Customer(customer_id=ANN))


async def test_nobody_gives_what_they_do_not_have(story: Story) -> None:
    """Not to themselves, not to others, not by a role, not by a key."""
    await story.staff.access.put_role(
        name="chief", permissions=["staff:write", "roles:write", "api_keys:write", "orders:read"]
    )
    await story.staff.access.put_role(name="mine", permissions=["orders:read"])
    await hired(story, BOB, "mine")
    chief = story.as_(await hired(story, ANN, "chief"))

    for act in (
        chief.access.change_member(customer_id=ANN, roles=["chief", "owner"]),
        chief.access.change_member(customer_id=BOB, roles=["support", "mine"]),
        chief.access.put_role(name="chief", permissions=["orders:refund"]),
        chief.access.put_role(name="mine", permissions=["orders:read", "orders:refund"]),
        chief.access.create_api_key(name="Key", permissions=["orders:read", "audit:read"]),
    ):
        with pytest.raises(CannotGrant):
            await act
    await chief.access.put_role(name="mine", permissions=["staff:write"])
    assert (await chief.access.change_member(customer_id=BOB, roles=["mine", "chief"])).roles == ("chief", "mine")
    with pytest.raises(MemberNotFound):
        await chief.access.change_member(customer_id=CustomerId("nobody"), roles=["mine"])


async def test_nobody_takes_from_those_who_may_do_more(story: Story) -> None:
    """Else whoever hires could let the owner go."""
    await story.staff.access.put_role(name="books", permissions=["audit:read", "orders:refund"])
    await story.staff.access.put_role(name="chief", permissions=["staff:write", "roles:write"])
    await hired(story, BOB, "owner")
    await hired(story, CustomerId("eve"), "owner")
    chief = story.as_(await hired(story, ANN, "chief"))

    for act in (
        chief.access.change_member(customer_id=BOB, roles=["chief"]),
        chief.people.remove_colleague(customer_id=BOB),
        chief.access.put_role(name="books", permissions=["roles:write"]),
        chief.access.remove_role(name="books"),
    ):
        with pytest.raises(CannotGrant):
            await act


async def test_a_shop_keeps_its_last_owner(story: Story) -> None:
    """Nor do two let each other go at the same moment."""
    await hired(story, ANN, "owner")
    for act in (
        story.staff.people.remove_colleague(customer_id=ANN),
        story.staff.access.change_member(customer_id=ANN, roles=["support"]),
    ):
        with pytest.raises(LastOwner):
            await act
    await hired(story, BOB, "owner")
    answers = await asyncio.gather(
        *(story.staff.people.remove_colleague(customer_id=each) for each in (ANN, BOB)), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["LastOwner", "LeftBehind"]
    with pytest.raises(MemberNotFound):
        await story.staff.people.remove_colleague(customer_id=CustomerId("nobody"))


async def test_a_role_that_somebody_has_stays(story: Story) -> None:
    """And the built-in ones always do."""
    await story.staff.access.put_role(name="packer", permissions=["orders:read"])
    await hired(story, ANN, "packer")

    with pytest.raises(RoleInUse):
        await story.staff.access.remove_role(name="packer")
    with pytest.raises(RoleBuiltIn):
        await story.staff.access.remove_role(name="support")
    with pytest.raises(RoleNotFound):
        await story.staff.access.remove_role(name="sender")
    await story.staff.access.change_member(customer_id=ANN, roles=["support"])
    await story.staff.access.remove_role(name="packer")
    with pytest.raises(InvalidInput):
        await story.staff.access.change_member(customer_id=ANN, roles=["packer"])


async def test_every_change_of_rights_is_in_the_log(story: Story) -> None:
    """With what it was and what it is."""
    await story.staff.access.put_role(name="packer", permissions=["orders:read"])
    await story.staff.access.put_role(name="packer", permissions=["orders:write"])
    await hired(story, ANN, "packer", "support")
    await story.staff.people.remove_colleague(customer_id=ANN)
    await story.staff.access.remove_role(name="packer")
    key, _ = await story.staff.access.create_api_key(name="Key", permissions=["orders:read"])
    await story.staff.access.revoke_api_key(key_id=key.id)
    log = (await story.staff.audit.list(limit=7)).items[::-1]

    assert [(entry.action, *entry.before.values(), *entry.after.values()) for entry in log] == [
        ("role.put", "", "orders:read"),
        ("role.put", "orders:read", "orders:write"),
        ("staff.change", "", "packer support"),
        ("staff.remove", "packer support"),
        ("role.remove", "orders:write"),
        ("api_key.create", "orders:read"),
        ("api_key.revoke", "no", "yes"),
    ]
    assert {entry.actor for entry in log} == {"staff:owner"}


async def test_a_key_is_an_integration_until_it_is_revoked(story: Story) -> None:
    """Its last use is noted once an hour, and that is no act for the log."""
    key, secret = await story.staff.access.create_api_key(name="Key", permissions=["orders:read"])
    entries = len((await story.staff.audit.list(limit=100)).items)
    assert await story.shop.admit_integration(secret) == Integration(
        name=key.id, permissions=frozenset({"orders:read"})
    )
    used = story.clock.now()
    await story.clock.advance(3_599)
    await story.shop.admit_integration(secret)
    (listed,) = (await story.staff.access.list_api_keys()).items
    assert listed.used_at == used

    await story.clock.advance(1)
    await story.shop.admit_integration(secret)
    (listed,) = (await story.staff.access.list_api_keys()).items
    assert listed.used_at == story.clock.now()
    assert len((await story.staff.audit.list(limit=100)).items) == entries
    await story.staff.access.revoke_api_key(key_id=key.id)
    with pytest.raises(InvalidApiKey):
        await story.shop.admit_integration(secret)
    with pytest.raises(ApiKeyNotFound):
        await story.staff.access.revoke_api_key(key_id=key.id)


@pytest.mark.parametrize("size", [1, 2, 100])
async def test_lists_are_read_a_page_at_a_time(story: Story, size: int) -> None:
    """Each row once; a cursor of another list is none."""
    for name in ("a", "b", "c"):
        await story.staff.access.put_role(name=name, permissions=["orders:read"])
        await story.clock.advance(1)
        await hired(story, CustomerId(f"customer {name}"), "owner")
        await story.staff.access.create_api_key(name=name, permissions=["orders:read"])
    access = story.staff.access
    names: list[str] = []
    for fetch, name_of in (
        (access.list_roles, lambda role: role.name),
        (access.list_members, lambda member: member.customer_id),
        (access.list_api_keys, lambda key: key.name),
    ):
        cursor: str | None = None
        while True:
            page = await fetch(limit=size, cursor=cursor)
            names += map(name_of, page.items)
            cursor = page.next_cursor
            if cursor is None:
                break
        with pytest.raises(InvalidCursor):
            await fetch(cursor="made-up")

    assert names == [
        *("auditor", "editor", "fulfilment", "manager", "owner", "support", "a", "b", "c"),
        *("customer a", "customer b", "customer c", "a", "b", "c"),
    ]


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Guest(), Unauthenticated),
        (Customer(customer_id=ANN), Forbidden),
        (Staff(name="x", permissions=frozenset({"catalog:write"})), Forbidden),
        (Integration(name="k", permissions=frozenset({"catalog:write"})), Forbidden),
    ],
)
async def test_who_may_not_is_refused_before_anything_is_looked_at(
    story: Story, actor: Actor, refusal: type[Exception]
) -> None:
    """Even for what is not there."""
    access = story.as_(actor).access
    for act in (
        access.list_roles(),
        access.list_members(),
        access.list_api_keys(),
        access.put_role(name="", permissions=[EVERYTHING]),
        access.remove_role(name="none"),
        access.change_member(customer_id=ANN, roles=[]),
        story.as_(actor).people.remove_colleague(customer_id=ANN),
        access.create_api_key(name="", permissions=[]),
        access.revoke_api_key(key_id="none"),
    ):
        with pytest.raises(refusal):
            await act

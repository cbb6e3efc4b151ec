"""Nobody raises anybody above themselves, and nobody is more than their roles say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import caught

from shopcore.access.errors import ApiKeyNotFound, CannotGrant, InvalidApiKey, LastOwner, RoleBuiltIn
from shopcore.access.model import BUILT_IN, FOR_PEOPLE_ONLY, INTERNAL, OWNER, PERMISSIONS, ApiKey, Member, Role
from shopcore.access.model.api_keys import admitted, is_worth_noting, note_use, require_valid, revoke
from shopcore.access.model.members import require_another_owner, with_roles
from shopcore.access.model.permissions import held, require_all
from shopcore.access.model.roles import new_role, permissions_of, require_known
from shopcore.kernel.actor import EVERYTHING, Customer, Guest, Integration, Staff, System, permit
from shopcore.kernel.errors import Forbidden, InvalidInput
from shopcore.kernel.ids import CustomerId

pytestmark = pytest.mark.core

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOME = st.sets(st.sampled_from(sorted(PERMISSIONS)))
ROLES = st.lists(st.sampled_from([*BUILT_IN, "gone"]), unique=True)


def key(**changes: object) -> ApiKey:
    usual = {
        "id": "k1",
        "name": "Warehouse",
        "permissions": ("inventory:read",),
        "digest": "0" * 64,
        "ending": "abcd",
        "created_at": NOON,
        "created_by": "staff:x",
    }
    return ApiKey(**{**usual, **changes})  # type: ignore[arg-type]


def member(name: str, *roles: str) -> Member:
    return Member(customer_id=CustomerId(name), roles=roles, added_at=NOON, added_by="staff:x")


@given(SOME, SOME)
def test_who_lacks_one_of_them_grants_none(mine: set[str], wanted: set[str]) -> None:
    """And is told which; who has them all may."""
    staff = Staff(name="x", permissions=frozenset(mine))
    if wanted <= mine:
        require_all(staff, wanted)
    else:
        with pytest.raises(CannotGrant) as refused:
            require_all(staff, wanted)
        assert all(lacking in refused.value.detail for lacking in wanted - mine)


@given(SOME)
def test_an_owner_grants_everything_and_everything_only_an_owner(mine: set[str]) -> None:
    require_all(Staff(name="x", permissions=frozenset({EVERYTHING})), {*mine, EVERYTHING})
    with pytest.raises(CannotGrant):
        require_all(Staff(name="x", permissions=frozenset(mine)), {EVERYTHING})


def test_a_buyer_holds_nothing_and_the_shop_itself_everything() -> None:
    assert held(Guest()) == held(Customer(customer_id=CustomerId("c1"))) == frozenset()
    assert held(System(kind="job")) == {EVERYTHING}
    assert held(Integration(name="k1", permissions=frozenset({"audit:read"}))) == {"audit:read"}


def adds_up(roles: list[str], total: frozenset[str]) -> None:
    """What roles allow together is what each allows."""
    assert total == {one for name in roles if name in BUILT_IN for one in BUILT_IN[name].permissions}


@given(ROLES)
def test_roles_allow_what_each_of_them_allows(roles: list[str]) -> None:
    """One that is not there any more allows nothing."""
    adds_up(roles, permissions_of(roles, []))


def test_a_role_that_allows_more_is_noticed() -> None:
    caught(lambda roles: adds_up(roles, permissions_of([*roles, "support"], [])), ROLES)


@given(SOME)
def test_an_own_role_cannot_pass_itself_off_as_a_built_in_one(permissions: set[str]) -> None:
    own = [Role(name=OWNER, description="", permissions=tuple(permissions))]

    assert permissions_of([OWNER], own) == {EVERYTHING}
    for name in BUILT_IN:
        with pytest.raises(RoleBuiltIn):
            new_role(name, "", permissions)


def test_built_in_roles_are_made_of_permissions_that_there_are() -> None:
    """Only an owner has all; what the shop does by itself is in no role."""
    for role in BUILT_IN.values():
        assert set(role.permissions) <= {*PERMISSIONS, EVERYTHING}
        assert (EVERYTHING in role.permissions) is (role.name == OWNER)
        assert not set(role.permissions) & INTERNAL.keys()
    assert not PERMISSIONS.keys() & INTERNAL.keys()
    assert PERMISSIONS.keys() > FOR_PEOPLE_ONLY


@pytest.mark.parametrize(
    ("name", "permissions", "fields"),
    [
        ("Packer", ["orders:read"], ["name"]),
        ("", ["orders:read"], ["name"]),
        ("a" * 41, ["orders:read"], ["name"]),
        ("packer\n", ["orders:read"], ["name"]),
        ("packer", [], ["permissions"]),
        ("packer", ["orders:read", "orders:steal"], ["permissions/1"]),
        ("packer", [EVERYTHING], ["permissions/0"]),
        ("packer", ["carts:write"], ["permissions/0"]),
    ],
)
def test_a_role_has_a_name_and_permissions_that_there_are(name: str, permissions: list[str], fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as invalid:
        new_role(name, "", permissions)
    assert [error.field for error in invalid.value.errors] == fields


def test_a_role_has_each_permission_once_and_in_order() -> None:
    assert new_role("packer", "Packs", ["orders:write", "orders:read", "orders:write"]).permissions == (
        "orders:read",
        "orders:write",
    )
    with pytest.raises(InvalidInput):
        new_role("packer", "\x1b[2J", ["orders:read"])


def test_a_member_is_given_roles_that_there_are() -> None:
    require_known(["owner", "packer"], [new_role("packer", "", ["orders:read"])])
    for names, field in ((["owner", "packer"], "roles/1"), ([], "roles")):
        with pytest.raises(InvalidInput) as invalid:
            require_known(names, [])
        assert [error.field for error in invalid.value.errors] == [field]


@given(st.dictionaries(st.sampled_from("abcd"), ROLES), st.sampled_from("abcd"))
def test_the_last_owner_stays(staff: dict[str, list[str]], leaving: str) -> None:
    members = [member(name, *roles) for name, roles in staff.items()]
    owners = {each.customer_id for each in members if OWNER in each.roles}
    for each in members:
        if owners == {each.customer_id}:
            with pytest.raises(LastOwner):
                require_another_owner(members, each)
        else:
            require_another_owner(members, each)


def test_roles_are_kept_sorted_and_once() -> None:
    assert with_roles(member("a"), ["support", "auditor", "support"]).roles == ("auditor", "support")


# -------------------------------------------------------------------------------------------------------------- keys


@given(SOME.filter(bool))
def test_a_key_never_holds_what_is_for_people(permissions: set[str]) -> None:
    """Neither when it is made, nor should a stored one say so."""
    integration = admitted(key(permissions=(*permissions, EVERYTHING)), NOON)

    assert integration.permissions == permissions - FOR_PEOPLE_ONLY
    for each in FOR_PEOPLE_ONLY:
        with pytest.raises(Forbidden):
            permit(integration, each)
    if permissions & FOR_PEOPLE_ONLY:
        with pytest.raises(InvalidInput):
            require_valid("Warehouse", sorted(permissions), None)


@pytest.mark.parametrize(
    ("name", "permissions", "days", "fields"),
    [
        (" ", ["orders:read"], None, ["name"]),
        ("x" * 101, ["orders:read"], None, ["name"]),
        ("a\nb", ["orders:read"], None, ["name"]),
        ("a", [], None, ["permissions"]),
        ("a", [EVERYTHING], None, ["permissions/0"]),
        ("a", ["orders:read"], 0, ["expires_in_days"]),
        ("a", ["orders:read"], 3651, ["expires_in_days"]),
    ],
)
def test_a_key_is_made_of_what_there_is(name: str, permissions: list[str], days: int | None, fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as invalid:
        require_valid(name, permissions, days)
    assert [error.field for error in invalid.value.errors] == fields


@given(st.integers(-10, 10))
def test_a_key_is_good_until_it_expires(seconds: int) -> None:
    at = NOON + timedelta(seconds=seconds)
    if seconds < 0:
        assert admitted(key(expires_at=NOON), at).name == "k1"
    else:
        with pytest.raises(InvalidApiKey):
            admitted(key(expires_at=NOON), at)


def test_a_revoked_key_is_good_for_nothing() -> None:
    """And is not revoked again, so that the log says when it was."""
    with pytest.raises(InvalidApiKey):
        admitted(revoke(key(), NOON), NOON - timedelta(days=1))
    with pytest.raises(ApiKeyNotFound):
        revoke(revoke(key(), NOON), NOON)


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_the_last_use_only_moves_on(minutes: list[int]) -> None:
    """Whatever order the notes arrive in; and is noted once an hour."""
    used = key()
    for minute in minutes:
        used = note_use(used, NOON + timedelta(minutes=minute))

    assert used.used_at == NOON + timedelta(minutes=max(minutes))
    assert not is_worth_noting(used, used.used_at + timedelta(minutes=59))
    assert is_worth_noting(used, used.used_at + timedelta(minutes=60))

"""What every adapter of the ports in `shopcore.access.ports` keeps."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest

from shopcore.access.errors import ApiKeyNotFound, MemberNotFound, RoleNotFound
from shopcore.access.model import ApiKey, Member, Role
from shopcore.access.model.api_keys import note_use, revoke
from shopcore.access.model.members import require_another_owner, with_roles
from shopcore.access.ports import ApiKeys, Members, Roles
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.samples import NOON


def role(name: str, *permissions: str) -> Role:
    """A role of the shop's own."""
    return Role(name=name, description=f"The {name}", permissions=permissions or ("orders:read",))


def member(name: str, *roles: str, minutes: int = 0) -> Member:
    """Somebody who works here since so many minutes after noon."""
    return Member(
        customer_id=CustomerId(name),
        roles=roles or ("support",),
        added_at=NOON + timedelta(minutes=minutes),
        added_by="x",
    )


def api_key(number: int) -> ApiKey:
    """A key that is good for ever."""
    return ApiKey(
        id=f"key-{number}",
        name="Warehouse",
        permissions=("inventory:read",),
        digest=token_hash(f"secret {number}"),
        ending="abcd",
        created_at=NOON,
        created_by="staff:x",
    )


class Undone(Exception):
    """What a caller's own code raises."""


@pytest.mark.anyio
class RolesContract:
    """Override `roles` and `unit_of_work`."""

    @pytest.fixture
    def roles(self) -> Roles:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_roles_are_kept_by_name(self, roles: Roles) -> None:
        """In the order of their names; one that is put again is replaced."""
        for name in ("packer", "clerk", "packer"):
            await roles.put(role(name))
        await roles.put(role("clerk", "catalog:read", "orders:read"))

        assert await roles.everything() == [role("clerk", "catalog:read", "orders:read"), role("packer")]

    async def test_a_removed_role_is_gone(self, roles: Roles) -> None:
        """And cannot be removed again."""
        await roles.put(role("packer"))
        await roles.remove("packer")

        assert await roles.everything() == []
        with pytest.raises(RoleNotFound):
            await roles.remove("packer")

    async def test_an_undone_unit_leaves_the_roles_alone(self, roles: Roles, unit_of_work: UnitOfWork) -> None:
        """Neither put nor removed."""
        await roles.put(role("packer"))

        async def work() -> None:
            await roles.put(role("clerk"))
            await roles.remove("packer")
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert await roles.everything() == [role("packer")]


@pytest.mark.anyio
class MembersContract:
    """Override `members` and `unit_of_work`."""

    @pytest.fixture
    def members(self) -> Members:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_members_are_found_by_their_account(self, members: Members) -> None:
        """Each with the roles that were put last; the longest-serving first."""
        await members.put(member("c2", minutes=1))
        await members.put(member("c1", minutes=2))
        await members.put(with_roles(member("c1", minutes=2), ["owner", "auditor"]))

        assert await members.get(CustomerId("c1")) == member("c1", "auditor", "owner", minutes=2)
        assert [each.customer_id for each in await members.everything()] == ["c2", "c1"]
        with pytest.raises(MemberNotFound):
            await members.get(CustomerId("c3"))

    async def test_who_left_is_no_member(self, members: Members) -> None:
        """And cannot leave twice."""
        await members.put(member("c1"))
        await members.remove(CustomerId("c1"))

        assert await members.everything() == []
        for act in (members.get, members.remove):
            with pytest.raises(MemberNotFound):
                await act(CustomerId("c1"))

    async def test_an_undone_unit_leaves_the_staff_alone(self, members: Members, unit_of_work: UnitOfWork) -> None:
        """Neither hired nor fired."""
        await members.put(member("c1"))

        async def work() -> None:
            await members.put(member("c2"))
            await members.remove(CustomerId("c1"))
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert await members.everything() == [member("c1")]

    async def test_two_owners_cannot_remove_each_other(self, members: Members, unit_of_work: UnitOfWork) -> None:
        """At the same moment, each seeing the other: one stays. So it is with one who leaves and one who steps down."""
        for leaves in (True, False):
            for name in ("c1", "c2"):
                await members.put(member(name, "owner"))
            answers = await asyncio.gather(
                _leave(members, unit_of_work, "c1", leaves=leaves),
                _leave(members, unit_of_work, "c2", leaves=True),
                return_exceptions=True,
            )

            assert sorted(type(answer).__name__ for answer in answers) == ["LastOwner", "NoneType"]
            assert sum("owner" in each.roles for each in await members.everything()) == 1


async def _leave(members: Members, unit_of_work: UnitOfWork, name: str, *, leaves: bool) -> None:
    async def work() -> None:
        staff = await members.everything()
        (leaving,) = [each for each in staff if each.customer_id == name]
        require_another_owner(staff, leaving)
        if leaves:
            await members.remove(leaving.customer_id)
        else:
            await members.put(with_roles(leaving, ["support"]))

    await unit_of_work(work)


@pytest.mark.anyio
class ApiKeysContract:
    """Override `api_keys` and `unit_of_work`."""

    @pytest.fixture
    def api_keys(self) -> ApiKeys:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_a_key_is_found_by_its_digest_alone(self, api_keys: ApiKeys) -> None:
        """Whole, and never by another's."""
        for number in (2, 1, 3):
            await api_keys.add(api_key(number))

        assert await api_keys.by_digest(token_hash("secret 2")) == api_key(2)
        assert await api_keys.everything() == [api_key(1), api_key(2), api_key(3)]
        for other in ("", "secret 2", token_hash("secret 4"), token_hash("secret 2").upper()):
            with pytest.raises(ApiKeyNotFound):
                await api_keys.by_digest(other)

    async def test_what_is_noted_at_one_moment_is_all_kept(self, api_keys: ApiKeys) -> None:
        """Nine uses and a revocation: none undoes another."""
        await api_keys.add(api_key(1))
        times = [NOON + timedelta(minutes=minute) for minute in range(9)]

        await asyncio.gather(
            *(api_keys.change("key-1", partial(note_use, now=at)) for at in times),
            api_keys.change("key-1", lambda key: revoke(key, NOON)),
        )

        assert await api_keys.by_digest(token_hash("secret 1")) == msgspec.structs.replace(
            api_key(1), used_at=times[-1], revoked_at=NOON
        )

    async def test_a_refused_change_changes_nothing(self, api_keys: ApiKeys) -> None:
        """Nor is there anything to change at a key that is not there."""
        await api_keys.add(api_key(1))
        await api_keys.change("key-1", lambda key: revoke(key, NOON))

        with pytest.raises(ApiKeyNotFound):
            await api_keys.change("key-1", lambda key: revoke(key, NOON + timedelta(days=1)))
        with pytest.raises(ApiKeyNotFound):
            await api_keys.change("key-2", lambda key: key)
        assert [key.revoked_at for key in await api_keys.everything()] == [NOON]

    async def test_an_undone_unit_leaves_the_keys_alone(self, api_keys: ApiKeys, unit_of_work: UnitOfWork) -> None:
        """Neither made nor revoked."""
        await api_keys.add(api_key(1))

        async def work() -> None:
            await api_keys.add(api_key(2))
            await api_keys.change("key-1", lambda key: revoke(key, NOON))
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert await api_keys.everything() == [api_key(1)]

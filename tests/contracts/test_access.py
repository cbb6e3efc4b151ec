"""Roles, members of staff and API keys, on every store; and that their contracts notice what breaks them."""

from collections.abc import Callable

import pytest
from tests.contracts.stores import Store, mongo_database

from shopcore.access.model import ApiKey, Member
from shopcore.access.ports import ApiKeys, Members, Roles
from shopcore.adapters.mongo.access import MongoMembers
from shopcore.adapters.mongo.database import MongoUnitOfWork
from shopcore.adapters.mongo.units import Session
from shopcore.adapters.sqlite.access import SqliteApiKeys, SqliteMembers
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.access import ApiKeysContract, MembersContract, RolesContract


class TestRoles(RolesContract):
    @pytest.fixture
    def roles(self, store: Store) -> Roles:
        return store.roles

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestMembers(MembersContract):
    @pytest.fixture
    def members(self, store: Store) -> Members:
        return store.members

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestApiKeys(ApiKeysContract):
    @pytest.fixture
    def api_keys(self, store: Store) -> ApiKeys:
        return store.api_keys

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class HastyMembers(SqliteMembers):
    """Remembers who was there, and does not look again."""

    seen: tuple[Member, ...] = ()

    async def everything(self) -> list[Member]:
        self.seen = self.seen or tuple(await super().everything())
        return list(self.seen)

    async def get(self, customer_id: CustomerId) -> Member:
        return next(member for member in await self.everything() if member.customer_id == customer_id)


@pytest.mark.anyio
async def test_two_owners_who_remove_each_other_are_noticed(memory: Database) -> None:
    with pytest.raises(AssertionError):
        await MembersContract().test_two_owners_cannot_remove_each_other(HastyMembers(memory), SqliteUnitOfWork(memory))


class UncountedMembers(MongoMembers):
    """Trusts in snapshots: two units that read the same and write different documents never meet."""

    async def _count(self, session: Session) -> None:
        pass


@pytest.mark.anyio
async def test_two_owners_who_pass_each_other_by_on_snapshots_are_noticed(mongo_url: str) -> None:
    async with mongo_database(mongo_url) as database:
        with pytest.raises(AssertionError):
            await MembersContract().test_two_owners_cannot_remove_each_other(
                UncountedMembers(database), MongoUnitOfWork(database)
            )


class ForgetfulApiKeys(SqliteApiKeys):
    """Thinks first, and writes over what others wrote meanwhile."""

    async def change(self, key_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
        (thought,) = [change(key) for key in await self.everything() if key.id == key_id]
        await self._database.scan(lambda connection: None)
        return await super().change(key_id, lambda _: thought)


@pytest.mark.anyio
async def test_a_revocation_that_is_undone_is_noticed(memory: Database) -> None:
    with pytest.raises(AssertionError):
        await ApiKeysContract().test_what_is_noted_at_one_moment_is_all_kept(ForgetfulApiKeys(memory))


class CarelessApiKeys(SqliteApiKeys):
    """Takes a key in whatever letters it comes."""

    async def by_digest(self, digest: str) -> ApiKey:
        return await super().by_digest(digest.lower())


@pytest.mark.anyio
async def test_a_key_that_another_text_opens_is_noticed(memory: Database) -> None:
    with pytest.raises(pytest.fail.Exception):
        await ApiKeysContract().test_a_key_is_found_by_its_digest_alone(CarelessApiKeys(memory))

"""Clients, consents and grants, on every store; and that their contracts notice what breaks them."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
from tests.contracts.stores import Store, mongo_database

from shopcore.adapters.mongo.database import MongoUnitOfWork
from shopcore.adapters.mongo.oauth import MongoGrants
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.oauth import SqliteClients, SqliteConsents, SqliteGrants
from shopcore.kernel.errors import ShopError
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.model import Client, Consent, Grant
from shopcore.oauth.ports import Clients, Consents, Grants
from shopcore.testing.contracts.oauth import ClientsContract, ConsentsContract, GrantsContract


class TestClients(ClientsContract):
    @pytest.fixture
    def clients(self, store: Store) -> Clients:
        return store.clients

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestConsents(ConsentsContract):
    @pytest.fixture
    def consents(self, store: Store) -> Consents:
        return store.consents

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestGrants(GrantsContract):
    @pytest.fixture
    def grants(self, store: Store) -> Grants:
        return store.grants

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class HastyGrants:
    """Looks first and writes later, over what others wrote meanwhile: one code, many sessions."""

    def __init__(self, sound: Grants) -> None:
        self._sound = sound
        self._looks: dict[str, Grant] = {}

    async def add(self, grant: Grant) -> None:
        self._looks[grant.id] = grant
        await self._sound.add(grant)

    async def get(self, grant_id: str) -> Grant:
        return await self._sound.get(grant_id)

    async def update(self, grant_id: str, change: Callable[[Grant], Grant]) -> Grant:
        return change(self._looks[grant_id])

    async def remove_expired(self, before: datetime, limit: int) -> int:
        return await self._sound.remove_expired(before, limit)


@pytest.mark.anyio
async def test_a_code_that_is_taken_twice_is_noticed(memory: Database, mongo_url: str) -> None:
    with pytest.raises(AssertionError):
        await GrantsContract().test_a_code_is_taken_once_however_many_come(
            HastyGrants(SqliteGrants(memory)), SqliteUnitOfWork(memory)
        )
    async with mongo_database(mongo_url) as mongo:
        with pytest.raises(AssertionError):
            await GrantsContract().test_a_code_is_taken_once_however_many_come(
                HastyGrants(MongoGrants(mongo)), MongoUnitOfWork(mongo)
            )


class EagerGrants(SqliteGrants):
    """Forgets whatever is about to expire as well."""

    async def remove_expired(self, before: datetime, limit: int) -> int:
        return await super().remove_expired(before.replace(year=before.year + 1), limit)


@pytest.mark.anyio
async def test_a_code_that_is_forgotten_in_its_time_is_noticed(memory: Database) -> None:
    with pytest.raises(AssertionError):
        await GrantsContract().test_expired_ones_are_forgotten(EagerGrants(memory))


class ForgetfulClients(SqliteClients):
    """Thinks first, and writes over what others wrote meanwhile."""

    async def change(self, client_id: str, change: Callable[[Client], Client]) -> Client:
        thought = change(await self.get(client_id))
        await asyncio.sleep(0)
        return await super().change(client_id, lambda _: thought)


@pytest.mark.anyio
async def test_a_removal_that_is_undone_is_noticed(memory: Database) -> None:
    with pytest.raises(AssertionError):
        await ClientsContract().test_changes_of_one_moment_are_all_kept(ForgetfulClients(memory))


class WideConsents(SqliteConsents):
    """Withdraws from the client what anybody let it do."""

    async def remove(self, customer_id: CustomerId, client_id: str) -> None:
        await super().remove(customer_id, client_id)
        for other in ("ann", "tom"):
            try:
                await super().remove(CustomerId(other), client_id)
            except ShopError:
                continue


class SharedConsents(SqliteConsents):
    """Takes what one customer agreed to for what all did."""

    async def find(self, customer_id: CustomerId, client_id: str) -> Consent | None:
        found = [await super(SharedConsents, self).find(CustomerId(each), client_id) for each in ("ann", "tom")]
        return next((one for one in found if one is not None), None)


@pytest.mark.anyio
async def test_a_consent_that_is_another_s_is_noticed(memory: Database) -> None:
    with pytest.raises(AssertionError):
        await ConsentsContract().test_what_is_withdrawn_is_gone(WideConsents(memory))
    with pytest.raises(AssertionError):
        await ConsentsContract().test_there_is_one_for_each_customer_and_client(SharedConsents(memory))

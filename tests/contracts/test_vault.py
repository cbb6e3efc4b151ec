"""Changing keys, on every store."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.sqlite.accounts import SqliteAccounts
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.vault import SqliteVault
from shopcore.kernel.sealing import Sealer, Unsealable
from shopcore.privacy.model import Place
from shopcore.privacy.ports import Vault
from shopcore.testing.contracts.vault import VaultContract

OLD, NEW = new_key_ring(), msgspec.structs.replace(new_key_ring(), sealing={"k2": b"2" * 32})
BOTH = msgspec.structs.replace(NEW, sealing={**NEW.sealing, **OLD.sealing}, index=(*NEW.index_keys, *OLD.index_keys))
SECOND = msgspec.structs.replace(NEW, sealing={**OLD.sealing, **NEW.sealing}, index=(*OLD.index_keys, *NEW.index_keys))
SEALERS = AesGcmSealer(OLD), AesGcmSealer(BOTH), AesGcmSealer(NEW)


class TestVault(VaultContract):
    @pytest.fixture
    def sealers(self) -> tuple[Sealer, Sealer, Sealer]:
        return SEALERS

    @pytest.fixture
    def vault(self, store: Store) -> Vault:
        return store.vault

    @pytest.fixture
    def old(self, store: Store) -> Store:
        return store.under(SEALERS[0])

    @pytest.fixture
    def both(self, store: Store) -> Store:
        return store.under(SEALERS[1])

    @pytest.fixture
    def second(self, store: Store) -> Store:
        return store.under(AesGcmSealer(SECOND))

    @pytest.fixture
    def new(self, store: Store) -> Store:
        return store.under(SEALERS[2])


class Overlooking(SqliteVault):
    """Knows nothing of sessions."""

    async def renew(self, place: Place, after: str, limit: int) -> Sequence[str]:
        return () if place is Place.SESSIONS else await super().renew(place, after, limit)


class SealingOnly(SqliteVault):
    """Forgets the new index."""

    def __init__(self, database: Database, _sealer: Sealer) -> None:
        super().__init__(database, AesGcmSealer(msgspec.structs.replace(BOTH, index=OLD.index)))


class OneEntry(AesGcmSealer):
    """Writes an account under the first key alone."""

    def blind_indexes(self, value: str, context: str) -> Sequence[str]:
        return super().blind_indexes(value, context)[:1]

    @property
    def index_keys(self) -> Sequence[str]:
        return super().index_keys[:1]


class Heedless(SqliteAccounts):
    """Writes accounts whatever keys are noted."""

    async def add(self, account: Any) -> None:
        vault = SqliteVault(self._database, self._sealer)
        noted = await vault.held()
        await vault.note(lambda held: msgspec.structs.replace(held, index=()))
        try:
            await super().add(account)
        finally:
            await vault.note(lambda _: noted)


@asynccontextmanager
async def opened(sealers: Sequence[Sealer] = SEALERS) -> AsyncIterator[list[Store]]:
    database = await Database.open()
    try:
        yield [sqlite_store(database, sealer) for sealer in sealers]
    finally:
        await database.close()


@pytest.mark.anyio
@pytest.mark.parametrize(("mistaken", "noticed"), [(Overlooking, Unsealable), (SealingOnly, AssertionError)])
async def test_a_walk_that_leaves_something_is_caught(
    mistaken: Callable[..., SqliteVault], noticed: type[Exception]
) -> None:
    """Whether a place, or what rows are found by."""
    async with opened() as (old, both, new):
        planted = replace(both, vault=mistaken(both.accounts._database, SEALERS[1]))  # type: ignore[attr-defined]
        with pytest.raises(noticed):
            await VaultContract().test_everything_comes_to_the_new_keys(old, planted, new, SEALERS)


@pytest.mark.anyio
async def test_one_entry_of_two_is_caught() -> None:
    """A second account of one address gets in."""
    async with opened((SEALERS[0], OneEntry(BOTH), SEALERS[2])) as (old, both, new):
        with pytest.raises(pytest.fail.Exception):
            await VaultContract().test_two_processes_never_make_two_accounts_of_one_address(old, both, new)


@pytest.mark.anyio
async def test_a_process_that_does_not_heed_the_note_is_caught() -> None:
    """It writes an account that the others do not find."""
    async with opened() as (old, both, _):
        planted = replace(old, accounts=Heedless(old.accounts._database, SEALERS[0]))  # type: ignore[attr-defined]
        with pytest.raises(pytest.fail.Exception):
            await VaultContract().test_who_lacks_a_noted_key_writes_no_account(planted, both, SEALERS)

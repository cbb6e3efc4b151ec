"""A store from the inside, on every store."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from tests.contracts.stores import Store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.holdings import SqliteHoldings
from shopcore.inventory.ports import Levels, Reservations
from shopcore.operations.ports import Holdings, Kept, KeptReservation, Kind
from shopcore.testing.contracts.holdings import HoldingsContract


class TestHoldings(HoldingsContract):
    @pytest.fixture
    def holdings(self, store: Store) -> Holdings:
        return store.holdings

    @pytest.fixture
    def levels(self, store: Store) -> Levels:
        return store.levels

    @pytest.fixture
    def reservations(self, store: Store) -> Reservations:
        return store.reservations


class ForgetfulHoldings(SqliteHoldings):
    """Takes every line of a reservation for counted, so that a release would free units that no level holds."""

    async def put(self, things: Sequence[Kept]) -> None:
        bare = [replace(one, uncounted=()) if isinstance(one, KeptReservation) else one for one in things]
        await super().put(bare)


@pytest.mark.anyio
async def test_a_forgotten_mark_is_caught() -> None:
    """By reading what was put."""
    database = await Database.open()
    try:
        holdings = ForgetfulHoldings(database, AesGcmSealer(new_key_ring()))
        with pytest.raises(AssertionError):
            await HoldingsContract().test_what_was_put_is_what_is_read(holdings, Kind.RESERVATIONS)
    finally:
        await database.close()

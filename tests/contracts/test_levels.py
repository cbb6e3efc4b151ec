"""Levels, on every store."""

import pytest
from tests.contracts.stores import Store

from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.levels import LevelsContract
from shopcore.testing.contracts.levels_from_files import LevelsFromFilesContract


class TestLevels(LevelsContract, LevelsFromFilesContract):
    @pytest.fixture
    def levels(self, store: Store) -> Levels:
        return store.levels

    @pytest.fixture
    def reservations(self, store: Store) -> Reservations:
        return store.reservations

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work

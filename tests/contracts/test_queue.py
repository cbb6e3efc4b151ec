"""The queue, on every store."""

import os

import pytest
from tests.contracts.stores import Store

from shopcore.jobs.ports import Queue, Ticks
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.paces import RatesContract, TicksContract
from shopcore.testing.contracts.queue import QueueContract
from shopcore.testing.contracts.queue_losses import LossesContract
from shopcore.testing.contracts.queue_outcomes import OutcomesContract
from shopcore.testing.contracts.queue_view import QueueViewContract


class _OfAStore:
    @pytest.fixture
    def jobs(self, store: Store) -> Jobs:
        return store.jobs

    @pytest.fixture
    def queue(self, store: Store) -> Queue:
        return store.queue

    @pytest.fixture
    def clock(self, store: Store) -> Clock:
        return store.clock

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestQueue(_OfAStore, QueueContract):
    """The workers' side."""


class TestQueueView(_OfAStore, QueueViewContract):
    """The operators' side."""


class TestOutcomes(_OfAStore, OutcomesContract):
    """Each by itself."""


class TestLosses(_OfAStore, LossesContract):
    """What becomes of dead workers' jobs."""


class TestRates(_OfAStore, RatesContract):
    """How much of a kind at once."""


class TestTicks(_OfAStore, TicksContract):
    """What is done by the clock."""

    @pytest.fixture
    def ticks(self, store: Store) -> Ticks:
        return store.ticks

    @pytest.fixture
    def how_many(self) -> int:
        return int(os.environ.get("SHOP_TEST_TICKS", "50"))

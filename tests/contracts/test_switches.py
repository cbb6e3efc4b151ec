"""Switches of gateways, on every store and held."""

from datetime import timedelta

import pytest
from tests.contracts.stores import Store

from shopcore.adapters.local.held_switches import HELD_FOR, HeldSwitches
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.ports import Switches
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.switches import OFF, SwitchesContract


class TestSwitches(SwitchesContract):
    @pytest.fixture
    def switches(self, store: Store) -> Switches:
        return store.switches

    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


@pytest.mark.anyio
async def test_what_is_held_is_a_second_old_at_most(store: Store) -> None:
    """What another process changes is seen then; also where the clock is put back."""
    clock = ManualClock()
    held, elsewhere = HeldSwitches(store.switches, clock), store.switches
    before = list(await held.everything())
    await elsewhere.put(OFF)
    at_once = list(await held.everything())
    await clock.advance(HELD_FOR.total_seconds())
    later = list(await held.everything())

    assert (before, at_once, later) == ([], [], [OFF])
    assert timedelta(seconds=1) == HELD_FOR

"""Ids, from this machine."""

import pytest

from shopcore.adapters.local.ids import LocalIds
from shopcore.kernel.ids import Ids
from shopcore.testing.contracts.ids import IdsContract


class TestLocalIds(IdsContract):
    @pytest.fixture
    def ids(self) -> Ids:
        return LocalIds()


class RandomWithinTheMillisecond(LocalIds):
    """The mistake that a plain UUIDv7 makes."""

    def new(self) -> str:
        drawn = super().new()
        return drawn[:-12] + drawn[-12:][::-1]


def test_ids_without_order_within_a_millisecond_are_noticed() -> None:
    """The contract sees the mistake."""
    with pytest.raises(AssertionError):
        IdsContract().test_each_id_sorts_after_the_one_before(RandomWithinTheMillisecond())

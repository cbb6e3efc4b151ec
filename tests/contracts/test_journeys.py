"""Journeys, on every store; and mistakes that are planted over every store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
from msgspec.structs import replace
from tests.contracts.stores import Store

from shopcore.kernel.ids import CartId
from shopcore.reporting.model import Counts, Journey
from shopcore.reporting.ports import Journeys
from shopcore.testing.contracts.journeys import JourneysContract

pytestmark = pytest.mark.anyio


class TestJourneys(JourneysContract):
    @pytest.fixture
    def journeys(self, store: Store) -> Journeys:
        return store.journeys


@dataclass
class Planted:
    """The store's own, but for one thing."""

    journeys: Journeys

    async def note(self, journey: Journey) -> None:
        await self.journeys.note(journey)

    async def count(self, since: datetime, until: datetime) -> Counts:
        return await self.journeys.count(since, until)

    async def unplaced(self, carts: Sequence[CartId], since: datetime, until: datetime) -> int:
        return await self.journeys.unplaced(carts, since, until)

    async def walk(self, after: str, limit: int) -> Sequence[tuple[str, Journey]]:
        return await self.journeys.walk(after, limit)

    async def forget(self, before: datetime, limit: int) -> int:
        return await self.journeys.forget(before, limit)


class Repeating(Planted):
    """What is told again is counted again."""

    told = 0

    async def note(self, journey: Journey) -> None:
        self.told += 1
        await super().note(replace(journey, cart_id=f"{journey.cart_id} {self.told}"))


class Latest(Planted):
    """Only what is told first is kept."""

    async def note(self, journey: Journey) -> None:
        if not (await self.journeys.count(journey.opened_at, journey.opened_at.replace(year=2030))).carts:
            await super().note(journey)


@pytest.mark.parametrize("planted", [Repeating, Latest])
async def test_steps_that_are_lost_or_counted_twice_are_noticed(store: Store, planted: type[Planted]) -> None:
    with pytest.raises(AssertionError):
        await JourneysContract().test_steps_may_be_told_in_any_order_and_again(planted(store.journeys))


class Parting(Planted):
    """What is merged stays a cart of its own."""

    async def note(self, journey: Journey) -> None:
        await super().note(replace(journey, merged_into=None))


class Hurried(Planted):
    """All that are named are at it still, whether they have ordered or not."""

    async def unplaced(self, carts: Sequence[CartId], since: datetime, until: datetime) -> int:
        return (await self.journeys.count(since, until)).carts if carts else 0


async def test_a_merged_cart_that_counts_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await JourneysContract().test_a_cart_that_went_into_another_is_no_journey(Parting(store.journeys))


async def test_carts_that_count_as_open_with_an_order_are_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await JourneysContract().test_of_carts_that_are_named_those_without_an_order_are_counted(
            Hurried(store.journeys)
        )

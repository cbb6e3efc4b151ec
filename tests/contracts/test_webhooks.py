"""Webhooks, on every store; and mistakes that are planted over every store."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from tests.contracts.stores import Store

from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.webhook_endpoints import EndpointsContract
from shopcore.testing.contracts.webhooks import AnnouncementsContract, DeliveriesContract
from shopcore.webhooks.model import Announcement, Delivery, Endpoint
from shopcore.webhooks.ports import Announcements, Deliveries, Endpoints

pytestmark = pytest.mark.anyio


class _Units:
    @pytest.fixture
    def unit_of_work(self, store: Store) -> UnitOfWork:
        return store.unit_of_work


class TestEndpoints(_Units, EndpointsContract):
    @pytest.fixture
    def endpoints(self, store: Store) -> Endpoints:
        return store.endpoints


class TestAnnouncements(_Units, AnnouncementsContract):
    @pytest.fixture
    def announcements(self, store: Store) -> Announcements:
        return store.announcements


class TestDeliveries(_Units, DeliveriesContract):
    @pytest.fixture
    def deliveries(self, store: Store) -> Deliveries:
        return store.deliveries


@dataclass
class Over:
    """The store's own, but for what a mistake below does itself."""

    inner: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class SkippingAhead(Over):
    """Answers how far it was told before without having read that in the transaction."""

    told = 0

    async def tell(self, order_id: OrderId, until: int) -> int:
        await self.inner.tell(order_id, until)
        return self.told


class Overwriting(Over):
    """Puts in the place of what is there."""

    async def append(self, *events: Announcement) -> None:
        for event in events:
            await self.inner.forget(event.at.replace(year=2030), 99)
        await self.inner.append(*events)


class Resetting(Over):
    """An endpoint, or a delivery, begins anew where it is added again."""

    async def add(self, *new: Any) -> None:
        await self.inner.add(*new)
        for each in new:
            if isinstance(each, Delivery):
                await self.inner.change(each.endpoint_id, each.event_id, lambda _, each=each: each)
            else:
                await self.inner.change(each.id, lambda held, each=each: _with_version(each, held))


class HoldingOn(Over):
    """Says again what there was when it was first asked, to the five of a test."""

    asked = 0

    async def everything(self) -> Sequence[Endpoint]:
        self.asked += 1
        return await self.inner.everything() if self.asked > 5 else ()


def _with_version(new: Endpoint, held: Endpoint) -> Endpoint:
    return new if new.is_on != held.is_on else held


ANNOUNCEMENTS, DELIVERIES, ENDPOINTS = AnnouncementsContract(), DeliveriesContract(), EndpointsContract()


async def test_a_step_that_is_told_twice_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await ANNOUNCEMENTS.test_each_step_is_new_to_one(SkippingAhead(store.announcements), store.unit_of_work)


async def test_an_event_that_moves_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await ANNOUNCEMENTS.test_an_event_that_is_there_stays_where_it_is(Overwriting(store.announcements))


async def test_who_decides_by_what_was_there_is_noticed(store: Store) -> None:
    check = ENDPOINTS.test_of_those_who_decide_by_what_there_is_each_sees_the_others

    with pytest.raises(AssertionError):
        await check(HoldingOn(store.endpoints), store.unit_of_work)


@pytest.mark.parametrize("of", ["deliveries", "endpoints"])
async def test_what_begins_anew_is_noticed(store: Store, of: str) -> None:
    check = {
        "deliveries": partial(DELIVERIES.test_one_that_is_there_stays_as_it_is, Resetting(store.deliveries)),
        "endpoints": partial(ENDPOINTS.test_one_that_is_there_stays_as_it_is, Resetting(store.endpoints)),
    }[of]

    with pytest.raises(AssertionError):
        await check()

"""The contracts of `shopcore.webhooks.ports`: the log of announcements, and deliveries."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from shopcore.kernel.ids import OrderId, uuid7
from shopcore.kernel.money import Money
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.errors import AnnouncementNotFound, DeliveryNotFound
from shopcore.webhooks.model import Announcement, Answer, Delivery, DeliveryState
from shopcore.webhooks.model.deliveries import anew, tried
from shopcore.webhooks.ports import Announcements, Deliveries

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORDER = OrderId("order")


class Undone(Exception):
    """What takes a unit of work back."""


def place(hours: int, number: int = 0) -> str:
    """Where something stands that was told so many hours after noon."""
    return uuid7(int((NOON + hours * HOUR).timestamp() * 1000), number)


def event(number: int, order_id: OrderId = ORDER) -> Announcement:
    """A step of an order, told an hour after the one before."""
    return Announcement(
        id=f"evt_{order_id}_{number}",
        place=place(number),
        type="order.paid",
        at=NOON,
        order_id=order_id,
        order_number="7K2M-9QXT",
        sequence=number,
        total=Money(1999, "USD"),
    )


def delivery(number: int, to: int = 1) -> Delivery:
    """Of that event to that endpoint."""
    told = event(number)
    return Delivery(endpoint_id=f"endpoint-{to}", event_id=told.id, place=told.place, type=told.type, created_at=NOON)


@pytest.mark.anyio
class AnnouncementsContract:
    """Override `announcements` and `unit_of_work`."""

    @pytest.fixture
    def announcements(self) -> Announcements:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work of the same store")

    async def test_each_step_is_new_to_one(self, announcements: Announcements, unit_of_work: UnitOfWork) -> None:
        """However many tell of an order at once, and however far each of them has seen it come."""

        async def tell(until: int) -> range:
            return range(await unit_of_work(lambda: announcements.tell(ORDER, until)), until)

        told = await asyncio.gather(*(tell(until) for until in (3, 1, 2, 3, 5, 4)))
        steps = sorted(step for each in told for step in each)

        assert steps == [0, 1, 2, 3, 4]
        assert list(await tell(2)) == []
        assert list(await tell(6)) == [5]

    async def test_orders_are_told_by_themselves(self, announcements: Announcements, unit_of_work: UnitOfWork) -> None:
        await unit_of_work(lambda: announcements.tell(ORDER, 3))

        assert await unit_of_work(lambda: announcements.tell(OrderId("other"), 2)) == 0

    async def test_an_undone_unit_has_told_nothing(
        self, announcements: Announcements, unit_of_work: UnitOfWork
    ) -> None:
        async def work() -> None:
            await announcements.tell(ORDER, 2)
            await announcements.append(event(1), event(2))
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert await unit_of_work(lambda: announcements.tell(ORDER, 1)) == 0
        assert list(await announcements.after("", 9)) == []

    async def test_the_log_is_read_from_any_place(self, announcements: Announcements) -> None:
        """In the order of the places, whatever order it was written in."""
        await announcements.append(event(3), event(1))
        await announcements.append(event(2))

        assert list(await announcements.after("", 9)) == [event(1), event(2), event(3)]
        assert list(await announcements.after(place(1), 1)) == [event(2)]
        assert list(await announcements.after(place(3), 9)) == []
        assert await announcements.get("evt_order_2") == event(2)

    async def test_an_event_that_is_there_stays_where_it_is(self, announcements: Announcements) -> None:
        await announcements.append(event(1))
        await announcements.append(msgspec.structs.replace(event(1), place=place(9)), event(2))

        assert list(await announcements.after("", 9)) == [event(1), event(2)]

    async def test_what_is_not_there_is_said_so(self, announcements: Announcements) -> None:
        with pytest.raises(AnnouncementNotFound):
            await announcements.get("evt_order_1")

    async def test_what_is_old_is_forgotten_and_not_told_again(
        self, announcements: Announcements, unit_of_work: UnitOfWork
    ) -> None:
        """At most so many at once, the oldest first."""
        await unit_of_work(lambda: announcements.tell(ORDER, 4))
        await announcements.append(*map(event, range(1, 5)))

        assert await announcements.forget(NOON + 4 * HOUR, 2) == 2
        assert await announcements.forget(NOON + 4 * HOUR, 9) == 1
        assert list(await announcements.after("", 9)) == [event(4)]
        assert await unit_of_work(lambda: announcements.tell(ORDER, 5)) == 4


@pytest.mark.anyio
class DeliveriesContract:
    """Override `deliveries` and `unit_of_work`."""

    @pytest.fixture
    def deliveries(self) -> Deliveries:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work of the same store")

    async def test_one_that_is_there_stays_as_it_is(self, deliveries: Deliveries) -> None:
        await deliveries.add(delivery(1), delivery(2))
        sent = await deliveries.change("endpoint-1", "evt_order_1", _taken)
        await deliveries.add(delivery(1), delivery(1, to=2))

        assert await deliveries.get("endpoint-1", "evt_order_1") == sent
        assert await deliveries.get("endpoint-2", "evt_order_1") == delivery(1, to=2)

    async def test_changes_at_one_moment_are_all_kept(self, deliveries: Deliveries) -> None:
        await deliveries.add(delivery(1))
        acts = [partial(anew, replay=f"act {number}") for number in range(5)]
        found = await asyncio.gather(*(deliveries.change("endpoint-1", "evt_order_1", act) for act in acts))
        rounds = sorted(changed.round for changed in found)

        assert rounds[-1] == (await deliveries.get("endpoint-1", "evt_order_1")).round
        assert len(set(rounds)) == len(rounds)

    async def test_what_is_not_there_is_said_so(self, deliveries: Deliveries) -> None:
        await deliveries.add(delivery(1))

        for missing in (deliveries.get("endpoint-2", "evt_order_1"), deliveries.change("endpoint-1", "none", _taken)):
            with pytest.raises(DeliveryNotFound):
                await missing

    async def test_those_of_an_endpoint_are_paged_the_latest_first(self, deliveries: Deliveries) -> None:
        """Also those of one state."""
        await deliveries.add(*map(delivery, range(1, 6)), delivery(7, to=2))
        for number in (2, 4):
            await deliveries.change("endpoint-1", f"evt_order_{number}", _taken)

        assert await _pages(deliveries, None) == [5, 4, 3, 2, 1]
        assert await _pages(deliveries, DeliveryState.DELIVERED) == [4, 2]
        assert await _pages(deliveries, DeliveryState.WAITING) == [5, 3, 1]

    async def test_all_are_walked_over_each_once(self, deliveries: Deliveries) -> None:
        await deliveries.add(*map(delivery, range(1, 6)), delivery(7, to=2))
        found: list[tuple[str, Delivery]] = []
        while batch := await deliveries.walk(found[-1][0] if found else "", 2):
            found += batch

        assert len(found) == len({key for key, _ in found}) == 6
        assert [key for key, _ in found] == sorted(key for key, _ in found)
        assert {one.event_id for _, one in found} == {f"evt_order_{number}" for number in (1, 2, 3, 4, 5, 7)}

    async def test_an_undone_unit_leaves_them_alone(self, deliveries: Deliveries, unit_of_work: UnitOfWork) -> None:
        await deliveries.add(delivery(1))

        async def work() -> None:
            await deliveries.add(delivery(2))
            await deliveries.change("endpoint-1", "evt_order_1", _taken)
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert [one for _, one in await deliveries.walk("", 9)] == [delivery(1)]

    async def test_what_is_old_is_forgotten(self, deliveries: Deliveries) -> None:
        """At most so many at once, the oldest first."""
        await deliveries.add(*map(delivery, range(1, 5)))

        assert await deliveries.forget(NOON + 4 * HOUR, 2) == 2
        assert await deliveries.forget(NOON + 4 * HOUR, 9) == 1
        assert await _pages(deliveries, None) == [4]


def _taken(held: Delivery) -> Delivery:
    return tried(held, Answer(status=204), NOON)


async def _pages(deliveries: Deliveries, state: DeliveryState | None) -> Sequence[int]:
    found: list[int] = []
    after: Position | None = None
    while True:
        page = await deliveries.page("endpoint-1", state, after, 2)
        found += [int(one.event_id.rpartition("_")[2]) for one in page.items]
        if (after := page.next_position) is None:
            return found

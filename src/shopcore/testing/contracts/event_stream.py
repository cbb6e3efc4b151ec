"""The contract of `shopcore.operations.ports.EventStream`."""

import asyncio

import pytest

from shopcore.kernel.errors import InvalidInput
from shopcore.operations.model import HappenedEvent
from shopcore.operations.ports import EventStream
from shopcore.testing.clock import NEW_YEAR


@pytest.mark.anyio
class EventStreamContract:
    """Override `stream` with one that keeps at least a thousand events."""

    @pytest.fixture
    async def stream(self) -> EventStream:
        pytest.fail("override this fixture with the port under test")

    async def test_events_are_read_as_they_were_appended(self, stream: EventStream) -> None:
        """In their order, whole, and each with a place of its own."""
        appended = [an_event(number) for number in range(5)]
        await stream.append(appended[:2])
        await stream.append(appended[2:])
        read = await stream.read(None, 100)

        assert [without_place(event) for event in read] == appended
        assert len({event.place for event in read}) == 5

    async def test_reading_goes_on_behind_a_place(self, stream: EventStream) -> None:
        """Page by page nothing is missed and nothing seen twice, also of what comes meanwhile."""
        await stream.append([an_event(number) for number in range(5)])
        first = await stream.read(None, 3)
        await stream.append([an_event(5)])
        rest = await stream.read(first[-1].place, 100)

        assert [event.id for event in (*first, *rest)] == [str(number) for number in range(6)]
        assert list(await stream.read(rest[-1].place, 100)) == []

    async def test_of_many_who_append_at_once_none_is_lost(self, stream: EventStream) -> None:
        """Workers of several servers."""
        await asyncio.gather(*(stream.append([an_event(number)]) for number in range(50)))

        assert {event.id for event in await stream.read(None, 100)} == {str(number) for number in range(50)}

    @pytest.mark.parametrize("place", ["", "yesterday", "-", "+", "1-2-3", "1e3-0", "(0-0", "٣-0"])
    async def test_a_place_that_was_never_given_is_refused(self, stream: EventStream, place: str) -> None:
        """By the name of the field."""
        with pytest.raises(InvalidInput) as refused:
            await stream.read(place, 10)

        assert refused.value.errors[0].field == "after"


def an_event(number: int) -> HappenedEvent:
    """One of many."""
    figures = {"order_id": f"order-{number}", "note": 'quotes " and ünïcode'}
    return HappenedEvent(id=str(number), name="order_placed", at=NEW_YEAR, figures=figures)


def without_place(event: HappenedEvent) -> HappenedEvent:
    """As it was before it stood anywhere."""
    return HappenedEvent(id=event.id, name=event.name, at=event.at, figures=event.figures)

"""A fault of the shop's own delays what is told, for days if need be, and loses nothing of it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.receivers import Receiver
from tests.stories import Story

from shopcore.container.ports import Store

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1).total_seconds()


@dataclass
class Faulty:
    """A part of the shop that lacks something, such as a key, where it is asked for one thing."""

    inner: Any
    faulty: str
    is_mended: bool = False

    def __getattr__(self, name: str) -> Any:
        if name == self.faulty and not self.is_mended:
            raise RuntimeError("something is missing")
        return getattr(self.inner, name)


def with_fault(story: Story, asked: str) -> Faulty:
    """The same shop, with something missing."""
    store: Store = story.place.store
    part, name = ("endpoints", "get") if asked == "get" else ("announcements", asked)
    fault = Faulty(getattr(store, part), name)
    changes: Any = {part: fault}
    story.place.store = replace(store, **changes)
    story.reopen()
    return fault


@pytest.mark.parametrize("asked", ["append", "get"], ids=["when it is written down", "when it is sent"])
async def test_a_fault_of_a_day_delays_what_is_told(story: Story, receiver: Receiver, asked: str) -> None:
    """Each step comes once, when the fault is mended."""
    await story.sell()
    await story.staff.webhooks.create_endpoint(url=receiver.url)
    fault = with_fault(story, asked)
    await story.buy()
    for _ in range(24):
        await story.passes(HOUR)
    assert receiver.taken == []

    fault.is_mended = True
    for _ in range(3):
        await story.passes(HOUR)
    assert sorted(each.sequence for each in receiver.taken) == [1, 2]


async def test_a_replay_goes_on_after_a_fault_of_a_day(story: Story, receiver: Receiver) -> None:
    """From where it stopped."""
    await story.sell()
    endpoint, _ = await story.staff.webhooks.create_endpoint(url=receiver.url)
    await story.buy()
    await story.settles()
    told = list(receiver.ids)
    fault = with_fault(story, "after")
    await story.staff.webhooks.replay(endpoint_id=endpoint.id)
    for _ in range(24):
        await story.passes(HOUR)
    assert receiver.ids == told

    fault.is_mended = True
    for _ in range(3):
        await story.passes(HOUR)
    assert sorted(receiver.ids) == sorted(told * 2)

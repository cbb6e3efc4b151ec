"""Events on their way out of the shop."""

import importlib.util
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import pytest

import shopcore
from shopcore.cart.events import CartOpened
from shopcore.inventory.events import StockAdjusted
from shopcore.kernel.actor import Guest, Staff, System
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.events import Event
from shopcore.kernel.ids import CartId, Sku
from shopcore.kernel.money import Money
from shopcore.operations.errors import NoEventStream
from shopcore.operations.model import HappenedEvent, happened, pack_events, unpack_events
from shopcore.operations.use_cases.pass_events_on import PassEventsOn
from shopcore.operations.use_cases.read_events import ReadEvents
from shopcore.testing.clock import NEW_YEAR

for module in pkgutil.iter_modules(shopcore.__path__):
    if (importlib.util.find_spec(f"shopcore.{module.name}.events") if module.ispkg else None) is not None:
        importlib.import_module(f"shopcore.{module.name}.events")


EVENTS = [kind for kind in Event.__subclasses__() if kind.__module__.startswith("shopcore.")]


_USUAL: dict[Any, Any] = {int: 7, int | None: 7, bool: True, datetime: NEW_YEAR, Money: Money(7, "USD")}
STAYS = {"at", "since", "email_key", "proof", "kind", "payload", "errors"}
"""What events tell the shop alone. The time goes its own way; whatever else is new has to be thought about."""


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_of_every_event_ids_and_figures_leave_and_nothing_else(kind: type[Event]) -> None:
    """Whoever gives an event another field decides here whether it may leave the shop."""
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    values = {name: _USUAL.get(kind_, f"the {name}") for name, kind_ in fields.items()}
    told = happened(kind(**values), "e1")

    money = {"currency"} if Money in fields.values() else set()
    assert set(told.figures) == fields.keys() - STAYS | money
    assert not any(name in told.figures for name in STAYS)


def test_an_event_is_named_and_told_as_text() -> None:
    told = happened(StockAdjusted(at=NEW_YEAR, sku=Sku("TEA-1"), on_hand=7), "e1")

    assert (told.id, told.name, told.at) == ("e1", "stock_adjusted", NEW_YEAR)
    assert told.figures == {"sku": "TEA-1", "on_hand": "7"}


def test_a_job_carries_events_unchanged() -> None:
    events = [happened(CartOpened(at=NEW_YEAR, cart_id=CartId(f"c{number}")), str(number)) for number in range(3)]

    assert unpack_events(pack_events(events)) == events


@dataclass
class Kept:
    """A stream that says what each question took there."""

    appended: list[list[str]] = field(default_factory=list)

    async def append(self, events: Sequence[HappenedEvent]) -> None:
        self.appended.append([event.id for event in events])

    async def read(self, after: str | None, limit: int) -> Sequence[HappenedEvent]:
        raise NotImplementedError


@pytest.mark.anyio
async def test_events_of_several_acts_go_in_one_question() -> None:
    """One that cannot be read keeps none of the others."""
    packed = [
        pack_events([happened(CartOpened(at=NEW_YEAR, cart_id=CartId("c1")), f"{act}{n}") for n in range(2)])
        for act in "ab"
    ]
    stream = Kept()

    outcomes = await PassEventsOn(stream=stream)(System(kind="worker"), packed=[packed[0], "[{}]", packed[1]])

    assert stream.appended == [["a0", "a1", "b0", "b1"]]
    assert [type(outcome) for outcome in outcomes] == [type(None), msgspec.ValidationError, type(None)]


@pytest.mark.anyio
async def test_where_there_is_no_stream_nobody_reads_and_nothing_fails() -> None:
    """A stream that was switched off while jobs were waiting leaves no dead ones."""
    assert await PassEventsOn(stream=None)(System(kind="worker"), packed=["[]"]) == [None]

    with pytest.raises(NoEventStream):
        await ReadEvents(stream=None)(Staff(name="ada", permissions=frozenset({"events:read"})))


@pytest.mark.anyio
async def test_events_are_for_staff_with_the_permission() -> None:
    with pytest.raises(Unauthenticated):
        await ReadEvents(stream=None)(Guest())
    with pytest.raises(Forbidden):
        await ReadEvents(stream=None)(Staff(name="ada", permissions=frozenset({"orders:read"})))
    with pytest.raises(Forbidden):
        await PassEventsOn(stream=None)(Staff(name="ada", permissions=frozenset({"events:read"})), packed=["[]"])

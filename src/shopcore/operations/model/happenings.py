"""What happened, as it leaves the shop."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from shopcore.kernel.events import Event
from shopcore.kernel.money import Money


class HappenedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it leaves the shop: what happened, when, and its ids and figures, as text.

    `id` is the same however often it is delivered; `place` is where it stands in the stream.
    """

    id: str
    name: str
    at: datetime
    figures: dict[str, str]
    place: str = ""


LEAVES = frozenset({"sku", "gateway", "opened_at", "placed_at"})
"""What else of an event may leave the shop besides ids and numbers. A digest of an e-mail address may not."""


def happened(event: Event, event_id: str) -> HappenedEvent:
    """An event, made ready to leave: its ids and figures, and nothing that stands for a person otherwise."""
    return HappenedEvent(
        id=event_id,
        name=re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower(),
        at=event.at,
        figures=dict(_figures(event)),
    )


def _figures(event: Event) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.structs.asdict(event).items():
        if isinstance(value, Money):
            yield name, str(value.amount)
            yield "currency", value.currency
        elif _leaves(name, value):
            yield name, value.isoformat() if isinstance(value, datetime) else str(value)


def _leaves(name: str, value: object) -> bool:
    return isinstance(value, int) or (value is not None and (name.endswith("_id") or name in LEAVES))


def pack_events(events: Sequence[HappenedEvent]) -> str:
    """As a job carries them."""
    return msgspec.json.encode(events).decode()


def unpack_events(packed: str) -> Sequence[HappenedEvent]:
    """What `pack_events` was given."""
    return msgspec.json.decode(packed, type=list[HappenedEvent])

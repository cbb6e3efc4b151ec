"""What events tell of the way of a cart: the one place from which the report and the stream are counted alike."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime
from types import MappingProxyType

from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.money import Money
from shopcore.operations.model.happenings import HappenedEvent
from shopcore.reporting.model import Journey, further

_MERGED = frozenset({"cart_id", "into_cart_id", "opened_at"})
_ENDED = frozenset({"cart_id", "order_id", "placed_at", "total", "currency"})

TELLING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "cart_opened": frozenset({"cart_id"}),
        "cart_merged": _MERGED,
        "order_paid": _ENDED,
        "order_authorized": _ENDED,
        "order_cancelled": _ENDED,
    }
)
"""The names of the events that have to do with it, with the figures that it takes. Money that is held counts as paid:
the order goes on. That an order was placed is told by what becomes of it.
"""


def says_too_little(event: HappenedEvent) -> bool:
    """Whether it has to do with it and lacks a figure, as in a stream that a version of before has written to."""
    return not TELLING.get(event.name, frozenset()) <= event.figures.keys()


def steps_of(event: HappenedEvent) -> Sequence[Journey]:
    """What is known by it of how far carts have come; nothing, by most events, and by those that say too little."""
    if event.name not in TELLING or says_too_little(event):
        return ()
    figures = event.figures
    cart_id = CartId(figures["cart_id"])
    match event.name:
        case "cart_opened":
            return (Journey(cart_id=cart_id, opened_at=event.at),)
        case "cart_merged":
            opened_at, into = datetime.fromisoformat(figures["opened_at"]), CartId(figures["into_cart_id"])
            return (
                Journey(cart_id=cart_id, opened_at=opened_at, merged_into=into),
                Journey(cart_id=into, opened_at=opened_at),
            )
        case _:
            placed_at = datetime.fromisoformat(figures["placed_at"])
            return (
                Journey(
                    cart_id=cart_id,
                    opened_at=placed_at,  # unless it is told that it was earlier
                    order_id=OrderId(figures["order_id"]),
                    placed_at=placed_at,
                    paid_at=None if event.name == "order_cancelled" else event.at,
                    total=Money(int(figures["total"]), figures["currency"]),
                ),
            )


def gather(found: MutableMapping[CartId, Journey], events: Iterable[HappenedEvent]) -> None:
    """Add what events tell to the ways that are known, whatever their order and however often each comes."""
    for event in events:
        for step in steps_of(event):
            found[step.cart_id] = further(found.get(step.cart_id), step)

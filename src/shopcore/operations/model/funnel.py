"""What events tell of the way of a cart: the one place from which the report and the stream are counted alike."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.money import Money
from shopcore.operations.model.happenings import HappenedEvent
from shopcore.reporting.model import Journey, further

TELLING = frozenset({"cart_opened", "cart_merged", "order_paid", "order_authorized", "order_cancelled"})
"""The names of the events that have to do with it. Money that is held counts as paid: the order goes on. That an order
was placed is told by what becomes of it.
"""


def steps_of(event: HappenedEvent) -> Sequence[Journey]:
    """What is known by it of how far carts have come; nothing, by most events."""
    if event.name not in TELLING:
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


def journeys_of(events: Iterable[HappenedEvent]) -> Mapping[CartId, Journey]:
    """All the ways that events tell of, whatever their order and however often each comes."""
    found: dict[CartId, Journey] = {}
    for event in events:
        for step in steps_of(event):
            found[step.cart_id] = further(found.get(step.cart_id), step)
    return found

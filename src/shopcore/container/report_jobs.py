"""What reports are made of: the jobs that note how far carts have come."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from shopcore.cart.events import CartOpened
from shopcore.container.cases import ReportCases
from shopcore.jobs.model import Schedule
from shopcore.jobs.use_cases.publish_events import Bindings
from shopcore.kernel.actor import System
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.jobs import NewJob
from shopcore.ordering.events import OrderAuthorized, OrderCancelled, OrderPaid

SCHEDULES = (Schedule(kind="forget_journeys", every=timedelta(hours=1)),)


def _after_opening(event: CartOpened) -> Sequence[NewJob]:
    payload: dict[str, str] = {"cart_id": event.cart_id, "at": event.at.isoformat()}
    return (NewJob(kind="note_cart", payload=payload, unique_key=f"journey/{event.cart_id}"),)


def after_payment(event: OrderPaid | OrderAuthorized) -> NewJob:
    """Money that is held counts as paid: the order goes on."""
    payload: dict[str, str] = {"order_id": event.order_id, "paid_at": event.at.isoformat()}
    return NewJob(kind="note_order", payload=payload, unique_key=f"journey/{event.order_id}/paid")


def after_cancellation(event: OrderCancelled) -> NewJob:
    """An order that nobody paid is noted at its end, so that placing one costs no job more."""
    payload: dict[str, str] = {"order_id": event.order_id}
    return NewJob(kind="note_order", payload=payload, unique_key=f"journey/{event.order_id}/cancelled")


BINDINGS: Bindings = {CartOpened: _after_opening}


def handlers(reports: ReportCases) -> Mapping[str, Callable[[Mapping[str, str]], Awaitable[None]]]:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def note_cart(payload: Mapping[str, str]) -> None:
        cart_id, at = CartId(payload["cart_id"]), datetime.fromisoformat(payload["at"])
        await reports.note_cart(System(kind="note_cart"), cart_id=cart_id, at=at)

    async def note_order(payload: Mapping[str, str]) -> None:
        paid_at = datetime.fromisoformat(payload["paid_at"]) if "paid_at" in payload else None
        await reports.note_order(System(kind="note_order"), order_id=OrderId(payload["order_id"]), paid_at=paid_at)

    async def forget_journeys(_payload: Mapping[str, str]) -> None:
        await reports.forget_journeys(System(kind="forget_journeys"))

    return {"note_cart": note_cart, "note_order": note_order, "forget_journeys": forget_journeys}

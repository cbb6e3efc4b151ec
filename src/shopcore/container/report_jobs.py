"""What reports are made of: the jobs that note how far carts have come."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shopcore.cart.events import CartMerged, CartOpened
from shopcore.container.cases import ReportCases
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.kernel.actor import System
from shopcore.kernel.events import Event
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.jobs import NewJob
from shopcore.operations.model import HappenedEvent, pack_events
from shopcore.operations.model.funnel import TELLING
from shopcore.ordering.events import OrderAuthorized, OrderCancelled, OrderPaid

SCHEDULES = (Schedule(kind="forget_journeys", every=timedelta(hours=1)),)

_TELLING = (CartOpened, CartMerged, OrderPaid, OrderAuthorized, OrderCancelled)


def counts(event: Event) -> bool:
    """Whether a report is made of it. An order that nobody paid is noted at its end: placing one costs no job more."""
    return isinstance(event, _TELLING)


def noting(events: Sequence[HappenedEvent]) -> Sequence[NewJob]:
    """The job that notes what has to do with the funnel among what one act publishes at once."""
    told = [event for event in events if event.name in TELLING]
    return (NewJob(kind="note_journey", payload={"events": pack_events(told)}),) if told else ()


def handlers(reports: ReportCases) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def note_journey(payload: Mapping[str, str]) -> None:
        await reports.note_journey(System(kind="note_journey"), events=payload["events"])

    async def forget_journeys(_payload: Mapping[str, str]) -> None:
        await reports.forget_journeys(System(kind="forget_journeys"))

    return {"note_journey": note_journey, "forget_journeys": forget_journeys, **_of_before(reports)}


def _of_before(reports: ReportCases) -> Handlers:
    """What a version before 0.1.0 has left in the queue, or adds to it while it still serves beside this one."""

    async def note_cart(payload: Mapping[str, str]) -> None:
        cart_id, at = CartId(payload["cart_id"]), datetime.fromisoformat(payload["at"])
        await reports.note_cart(System(kind="note_cart"), cart_id=cart_id, at=at)

    async def note_order(payload: Mapping[str, str]) -> None:
        paid_at = datetime.fromisoformat(payload["paid_at"]) if "paid_at" in payload else None
        await reports.note_order(System(kind="note_order"), order_id=OrderId(payload["order_id"]), paid_at=paid_at)

    return {"note_cart": note_cart, "note_order": note_order}

"""What reports are made of: the jobs that note how far carts have come."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from shopcore.cart.events import CartMerged, CartOpened
from shopcore.container.cases import ReportCases
from shopcore.jobs.model import Schedule
from shopcore.kernel.actor import System
from shopcore.kernel.events import Event
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


def handlers(reports: ReportCases) -> Mapping[str, Callable[[Mapping[str, str]], Awaitable[None]]]:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def note_journey(payload: Mapping[str, str]) -> None:
        await reports.note_journey(System(kind="note_journey"), events=payload["events"])

    async def forget_journeys(_payload: Mapping[str, str]) -> None:
        await reports.forget_journeys(System(kind="forget_journeys"))

    return {"note_journey": note_journey, "forget_journeys": forget_journeys}

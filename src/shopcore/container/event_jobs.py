"""The jobs that tell of events of any kind: the stream, and the report."""

from collections.abc import Callable, Sequence

from shopcore.container import report_jobs
from shopcore.container.cases import Upkeep
from shopcore.container.queueing import ABOUT_A_DAY
from shopcore.jobs.steps.do_jobs import Handlers, Payload, Together
from shopcore.kernel.actor import System
from shopcore.kernel.events import Event
from shopcore.kernel.ids import Ids
from shopcore.kernel.jobs import NewJob
from shopcore.operations.model import happened, pack_events


def telling(ids: Ids, *, has_stream: bool) -> Callable[[Sequence[Event]], Sequence[NewJob]]:
    """The jobs that tell whoever counts: the stream, where there is one, of all that one act publishes at once, and the
    report of what has to do with it. Both are told the same event, under one name and id.

    The stream is tried for about a day before it is given up: nobody waits for it, and Redis may be gone for long.
    """

    def jobs_of(events: Sequence[Event]) -> Sequence[NewJob]:
        told = [happened(event, ids.new()) for event in events if has_stream or report_jobs.counts(event)]
        counted = report_jobs.noting(told)
        if not has_stream or not told:
            return counted
        passing = NewJob(kind="pass_events_on", payload={"events": pack_events(told)}, max_attempts=ABOUT_A_DAY)
        return (*counted, passing)

    return jobs_of


def handlers(upkeep: Upkeep) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def pass_events_on(payloads: Sequence[Payload]) -> Sequence[Exception | None]:
        packed = [payload["events"] for payload in payloads]
        return await upkeep.pass_events_on(System(kind="pass_events_on"), packed=packed)

    return {"pass_events_on": Together(pass_events_on)}

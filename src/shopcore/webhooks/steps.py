"""How events become deliveries, and what comes of each try."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor
from shopcore.kernel.audit import Audit
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.errors import EndpointNotFound
from shopcore.webhooks.model import Announcement, Answer, Delivery, DeliveryState, Endpoint
from shopcore.webhooks.model.deliveries import anew, tried
from shopcore.webhooks.model.endpoints import GONE, SILENT, failed, has_lost_patience, switched_off, took, wants
from shopcore.webhooks.ports import Deliveries, Endpoints

_PRIORITY = 5  # after mails, before upkeep
_MOST_ATTEMPTS = 72  # of one try, which fails only where the shop itself cannot do it: about two and a half days


def job_of(delivery: Delivery) -> NewJob:
    """The next try of a delivery, once."""
    payload = {"endpoint_id": delivery.endpoint_id, "event_id": delivery.event_id, "turn": delivery.turn}
    key = f"deliver/{delivery.endpoint_id}/{delivery.event_id}/{delivery.turn}"
    return NewJob(
        kind="deliver_webhook",
        payload=payload,
        unique_key=key,
        run_at=delivery.next_at,
        priority=_PRIORITY,
        max_attempts=_MOST_ATTEMPTS,
    )


def report_of(endpoint_id: str, off_since: datetime) -> NewJob:
    """Staff are to hear that an endpoint was switched off, once."""
    payload = {"endpoint_id": endpoint_id, "off_since": off_since.isoformat()}
    key = f"endpoint_off/{endpoint_id}/{off_since.isoformat()}"
    return NewJob(kind="report_endpoint_off", payload=payload, unique_key=key, priority=_PRIORITY)


def page_of_replay(endpoint_id: str, replay: str, place: str) -> NewJob:
    """The job that goes on with a replay after a place, once."""
    payload = {"endpoint_id": endpoint_id, "replay": replay, "after": place}
    key = f"replay/{replay}/{place}"
    return NewJob(kind="continue_replay", payload=payload, unique_key=key, max_attempts=_MOST_ATTEMPTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class SendOut:
    """Writes down what is to be sent where, with its jobs, inside one unit of work."""

    deliveries: Deliveries
    jobs: Jobs

    async def first(self, endpoints: Sequence[Endpoint], events: Sequence[Announcement], now: datetime) -> None:
        """Events that are new, to whoever wants them."""
        new = [_delivery(one, event, now) for event in events for one in endpoints if wants(one, event.type)]
        if new:
            await self.deliveries.add(*new)
            await self.jobs.enqueue(*map(job_of, new))

    async def again(self, endpoint: Endpoint, events: Sequence[Announcement], now: datetime, replay: str) -> None:
        """Events of before, to one endpoint, whatever became of them; once for each `replay`."""
        for event in events:
            if wants(endpoint, event.type):
                await self.deliveries.add(_delivery(endpoint, event, now, replay))
                due = await self.deliveries.change(endpoint.id, event.id, lambda held: anew(held, replay))
                await self.jobs.enqueue(job_of(due))


def _delivery(endpoint: Endpoint, event: Announcement, now: datetime, replay: str = "") -> Delivery:
    return Delivery(
        endpoint_id=endpoint.id,
        event_id=event.id,
        place=event.place,
        type=event.type,
        created_at=now,
        replay=replay,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeAnswer:
    """Records what came of a try, asks for the next one, and switches off whoever took nothing for too long.

    All of that, and the job by which staff hear of the last, is one transaction.
    """

    endpoints: Endpoints
    deliveries: Deliveries
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(
        self, actor: Actor, endpoint: Endpoint, delivery: Delivery, answer: Answer, now: datetime
    ) -> None:
        """A try that is recorded already changes nothing."""

        async def work() -> None:
            fresh: list[bool] = []

            def record(held: Delivery) -> Delivery:
                fresh.append(held.turn == delivery.turn and held.state is DeliveryState.WAITING)
                return tried(held, answer, now) if fresh[-1] else held

            after = await self.deliveries.change(endpoint.id, delivery.event_id, record)
            if not fresh[-1]:
                return
            if after.state is DeliveryState.WAITING:
                await self.jobs.enqueue(job_of(after))
            await self._judge(actor, endpoint, after, answer, now)

        await self.unit_of_work(work)

    async def _judge(self, actor: Actor, endpoint: Endpoint, delivery: Delivery, answer: Answer, now: datetime) -> None:
        if answer.is_taken and endpoint.failing_since is None:
            return
        why: list[str | None] = []

        def change(held: Endpoint) -> Endpoint:
            why.append(None)
            if answer.is_taken:
                return took(held)
            failing = failed(held, now)
            is_over = delivery.state is DeliveryState.FAILED and has_lost_patience(failing, now)
            if held.is_on and (answer.is_refused_for_good or is_over):
                reason = GONE if answer.is_refused_for_good else SILENT
                why.append(reason)
                return switched_off(failing, reason, now)
            return failing

        with suppress(EndpointNotFound):  # somebody removed it meanwhile
            await self.endpoints.change(endpoint.id, change)
            if why[-1] is not None:
                before, after = {"is_on": "yes"}, {"is_on": "no", "reason": why[-1]}
                await self.audit.record(
                    actor, "webhook_endpoint.switch", f"webhook_endpoint:{endpoint.id}", before=before, after=after
                )
                await self.jobs.enqueue(report_of(endpoint.id, now))

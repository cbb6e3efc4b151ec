"""Webhooks: what other systems were told, what came of it, and telling it again."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import Answer, json_answer
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked, staff_list
from shop_http.routes.cart import KEY_HEADER
from shop_http.visit import Visit
from shopcore.kernel.money import Money
from shopcore.webhooks.model import Announcement, Delivery, DeliveryState, Try

_EventId = Annotated[str, Meta(min_length=1, max_length=100)]


class DeliveryQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the deliveries."""

    state: Annotated[DeliveryState | None, Meta(description="Only those in this state.")] = None


class DeliveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to an endpoint. `log` has the last tries, oldest first."""

    event_id: str
    type: str
    state: str
    tries: int
    next_at: datetime | None
    created_at: datetime
    log: tuple[Try, ...]


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some deliveries, and where the next ones start."""

    items: tuple[DeliveryShown, ...]
    next_cursor: str | None


class WebhookEventQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the log of events."""

    after: Annotated[_EventId | None, Meta(description="The event to begin behind; unset, the oldest one.")] = None


class WebhookEventShown(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint is told: `sequence` counts the steps of its order from 1, without a gap."""

    id: str
    type: str
    at: datetime
    order_id: str
    order_number: str
    sequence: int
    total: Money


class WebhookEventPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some events, oldest first, and where the next ones start."""

    items: tuple[WebhookEventShown, ...]
    next_cursor: str | None


class ReplayWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The event behind which to begin; null for all that are kept."""

    after: _EventId | None = None


@get(
    "/admin/webhook-endpoints/{endpoint_id:str}/deliveries",
    opt=staff_list(DeliveryPage, "webhooks:read", DeliveryQuery, refuses=(404,)),
)
async def list_deliveries(visit: NamedDependency[Visit], endpoint_id: FromPath[str]) -> ASGIResponse:
    """Show what was sent to it, or is to be, the latest event first."""
    query = visit.query(DeliveryQuery)
    page = await visit.view.webhooks.list_deliveries(
        endpoint_id=endpoint_id, state=query.state, limit=query.limit, cursor=query.cursor
    )
    shown = DeliveryPage(items=tuple(map(_delivery, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


@post(
    "/admin/webhook-endpoints/{endpoint_id:str}/deliveries/{event_id:str}/resend",
    status_code=202,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={202: DeliveryShown},
            headers=(KEY_HEADER,),
            permission="webhooks:write",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def resend_delivery(
    visit: NamedDependency[Visit], endpoint_id: FromPath[str], event_id: FromPath[str]
) -> ASGIResponse:
    """Send one event again, under its id, whatever became of it."""

    async def act() -> Answer:
        due = await visit.view.webhooks.resend(endpoint_id=endpoint_id, event_id=event_id)
        return json_answer(_delivery(due), status=202)

    return await visit.once(act)


@post(
    "/admin/webhook-endpoints/{endpoint_id:str}/replay",
    status_code=202,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={202: ReplayWanted},
            body=ReplayWanted,
            example={"after": None},
            headers=(KEY_HEADER,),
            permission="webhooks:write",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def replay_events(visit: NamedDependency[Visit], endpoint_id: FromPath[str]) -> ASGIResponse:
    """Send it again every event after one, of the types that it wants, under their ids."""

    async def act() -> Answer:
        wanted = await visit.json(ReplayWanted)
        await visit.view.webhooks.replay(endpoint_id=endpoint_id, after=wanted.after)
        return json_answer(wanted, status=202)

    return await visit.once(act)


@get(
    "/admin/webhook-events",
    opt=staff_list(WebhookEventPage, "webhooks:read", WebhookEventQuery, refuses=(404,)),
)
async def list_webhook_events(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the log of what endpoints are told, oldest first."""
    query = visit.query(WebhookEventQuery)
    page = await visit.view.webhooks.list_events(after=query.after, limit=query.limit, cursor=query.cursor)
    shown = WebhookEventPage(items=tuple(map(_event, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


def _delivery(delivery: Delivery) -> DeliveryShown:
    return DeliveryShown(
        event_id=delivery.event_id,
        type=delivery.type,
        state=delivery.state.value,
        tries=delivery.tries,
        next_at=delivery.next_at,
        created_at=delivery.created_at,
        log=delivery.log,
    )


def _event(event: Announcement) -> WebhookEventShown:
    return WebhookEventShown(
        id=event.id,
        type=event.type,
        at=event.at,
        order_id=event.order_id,
        order_number=event.order_number,
        sequence=event.sequence,
        total=event.total,
    )


ROUTES = (list_deliveries, resend_delivery, replay_events, list_webhook_events)

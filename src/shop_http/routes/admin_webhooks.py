"""Webhooks: which other systems of the merchant's are told what happens."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import PRIVATE, Answer, json_answer
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.cart import KEY_HEADER
from shop_http.visit import Visit
from shopcore.webhooks.model import EVENT_TYPES, Endpoint

_Url = Annotated[str, Meta(min_length=1, max_length=2000)]
_EventType = Annotated[str, Meta(max_length=64, description=f"One of {', '.join(EVENT_TYPES)}.")]
_EventTypes = Annotated[tuple[_EventType, ...], Meta(max_length=len(EVENT_TYPES))]
_Description = Annotated[str, Meta(max_length=200)]


class EndpointShown(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver, without its secret. No `events` means all; `failing_since` is null while it takes what it is sent."""

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    is_on: bool
    off_since: datetime | None
    off_reason: str
    failing_since: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


class EndpointList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[EndpointShown, ...]


class EndpointMade(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint with a new secret. `secret` is shown this once."""

    endpoint: EndpointShown
    secret: str


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send, and what of; everything, unless it says otherwise."""

    url: _Url
    events: _EventTypes = ()
    description: _Description = ""


class EndpointChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; the rest stays."""

    url: _Url | UnsetType = UNSET
    events: _EventTypes | UnsetType = UNSET
    description: _Description | UnsetType = UNSET
    is_on: bool | UnsetType = UNSET


@get(
    "/admin/webhook-endpoints",
    opt={
        OPERATION: Operation(
            tag="admin", answers={200: EndpointList}, permission="webhooks:read", answer_headers=("ETag",)
        )
    },
)
async def list_endpoints(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show who is told what happens, oldest first."""
    found = await visit.view.webhooks.list_endpoints()
    return visit.shown(json_answer(EndpointList(items=tuple(map(_shown, found)))))


@post(
    "/admin/webhook-endpoints",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={201: EndpointMade},
            body=NewEndpoint,
            example={"url": "https://erp.example.org/shop", "events": ["order.paid", "order.cancelled"]},
            headers=(KEY_HEADER,),
            permission="webhooks:write",
            refuses=(409,),
            answer_headers=(REPLAYED,),
        )
    },
)
async def create_endpoint(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Have an address told what happens, by Standard Webhooks. The secret that signs is shown in this answer alone.

    An address that is told already is refused (409 `webhook_endpoint_exists`).
    """

    async def act() -> Answer:
        wanted = await visit.json(NewEndpoint)
        endpoint, secret = await visit.view.webhooks.create_endpoint(
            url=wanted.url, events=wanted.events, description=wanted.description
        )
        return json_answer(EndpointMade(endpoint=_shown(endpoint), secret=secret), status=201)

    return await visit.once(act)


@get(
    "/admin/webhook-endpoints/{endpoint_id:str}",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: EndpointShown},
            permission="webhooks:read",
            refuses=(404,),
            answer_headers=("ETag",),
        )
    },
)
async def show_endpoint(visit: NamedDependency[Visit], endpoint_id: FromPath[str]) -> ASGIResponse:
    """Show how one stands."""
    return visit.shown(json_answer(_shown(await visit.view.webhooks.show_endpoint(endpoint_id=endpoint_id))))


@patch(
    "/admin/webhook-endpoints/{endpoint_id:str}",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: EndpointShown},
            body=EndpointChange,
            example={"is_on": True},
            permission="webhooks:write",
            refuses=(404, 409),
        )
    },
)
async def change_endpoint(visit: NamedDependency[Visit], endpoint_id: FromPath[str]) -> ASGIResponse:
    """Change where it is, what it is told, and whether. What it missed while it was off can be replayed."""
    wanted = await visit.json(EndpointChange)
    changed = await visit.view.webhooks.change_endpoint(
        endpoint_id=endpoint_id,
        url=wanted.url or None,
        events=None if wanted.events is UNSET else wanted.events,
        description=None if wanted.description is UNSET else wanted.description,
        is_on=None if wanted.is_on is UNSET else wanted.is_on,
    )
    return json_answer(_shown(changed)).to_asgi()


@delete(
    "/admin/webhook-endpoints/{endpoint_id:str}",
    status_code=200,  # of the route; the answer has its own
    opt={OPERATION: Operation(tag="admin", answers={204: None}, permission="webhooks:write", refuses=(404,))},
)
async def remove_endpoint(visit: NamedDependency[Visit], endpoint_id: FromPath[str]) -> ASGIResponse:
    """Tell it nothing any more."""
    await visit.view.webhooks.remove_endpoint(endpoint_id=endpoint_id)
    return Answer(status=204, headers={"cache-control": PRIVATE}).to_asgi()


@post(
    "/admin/webhook-endpoints/{endpoint_id:str}/secret",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: EndpointMade},
            headers=(KEY_HEADER,),
            permission="webhooks:write",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def rotate_secret(visit: NamedDependency[Visit], endpoint_id: FromPath[str]) -> ASGIResponse:
    """Give it a new secret, shown in this answer alone. The one before signs beside it for 24 hours."""

    async def act() -> Answer:
        endpoint, secret = await visit.view.webhooks.rotate_secret(endpoint_id=endpoint_id)
        return json_answer(EndpointMade(endpoint=_shown(endpoint), secret=secret))

    return await visit.once(act)


def _shown(endpoint: Endpoint) -> EndpointShown:
    return EndpointShown(
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        events=endpoint.events,
        is_on=endpoint.is_on,
        off_since=endpoint.off_since,
        off_reason=endpoint.off_reason,
        failing_since=endpoint.failing_since,
        old_secret_until=next((secret.until for secret in endpoint.secrets if secret.until is not None), None),
        created_at=endpoint.created_at,
    )


ROUTES = (list_endpoints, create_endpoint, show_endpoint, change_endpoint, remove_endpoint, rotate_secret)

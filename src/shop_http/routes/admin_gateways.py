"""What the shop is paid through, for those who look after its money."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import Answer, json_answer
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.cart import KEY_HEADER
from shop_http.routes.orders import PLAIN_TEXT
from shop_http.visit import Visit
from shopcore.payments.model import GatewayState


class GatewayShown(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway; `switched_at` and what follows are null until staff have switched it."""

    name: str
    is_on: bool
    is_default: bool
    switched_at: datetime | None
    switched_by: str | None
    reason: str | None


class GatewayList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[GatewayShown, ...]


class GatewaySwitch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether it is to begin payments, and why."""

    is_on: bool
    reason: Annotated[str, Meta(max_length=200, pattern=PLAIN_TEXT)] = ""


@get(
    "/admin/gateways",
    opt={
        OPERATION: Operation(
            tag="admin", answers={200: GatewayList}, permission="payments:read", answer_headers=("ETag",)
        )
    },
)
async def list_gateways(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show what the shop is paid through, and what of it is switched off."""
    found = await visit.view.payments.list_gateways()
    return visit.shown(json_answer(GatewayList(items=tuple(map(_shown, found)))))


@put(
    "/admin/gateways/{gateway:str}",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: GatewayShown},
            body=GatewaySwitch,
            example={"is_on": False, "reason": "fails since noon"},
            headers=(KEY_HEADER,),
            permission="payments:write",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def switch_gateway(visit: NamedDependency[Visit], gateway: FromPath[str]) -> ASGIResponse:
    """Switch a gateway off, for every server within a second, or on again.

    New payments go to the next one by the rules, or wait; what it has begun it finishes, and it gives money back.
    """

    async def act() -> Answer:
        wanted = await visit.json(GatewaySwitch)
        switched = await visit.view.payments.switch_gateway(gateway=gateway, is_on=wanted.is_on, reason=wanted.reason)
        return json_answer(_shown(switched))

    return await visit.once(act)


def _shown(state: GatewayState) -> GatewayShown:
    switch = state.switch
    return GatewayShown(
        name=state.name,
        is_on=state.is_on,
        is_default=state.is_default,
        switched_at=None if switch is None else switch.at,
        switched_by=None if switch is None else switch.by.partition(":")[0],
        reason=None if switch is None else switch.reason,
    )

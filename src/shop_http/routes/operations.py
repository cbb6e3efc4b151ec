"""For whoever operates the shop."""

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse

from shop_http.answers import PRIVATE, Answer, json_answer
from shop_http.middleware.metrics import CONTENT_TYPE
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.kernel.errors import Unavailable
from shopcore.shop import Health, Shop


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: str = "ok"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether requests should be sent here, and the state of each dependency."""

    status: str
    dependencies: dict[str, str]


@get("/health/live", opt={OPERATION: Operation(tag="operations", public=True, answers={200: Liveness})})
async def live() -> ASGIResponse:
    """Say that the process is there."""
    return json_answer(Liveness()).to_asgi()


@get(
    "/health/ready", opt={OPERATION: Operation(tag="operations", public=True, answers={200: Readiness, 503: Readiness})}
)
async def ready(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Say whether requests should be sent here: not while draining, nor while something that is needed is down.

    A shop that is `degraded` serves without something that it can do without.
    """
    health, draining = await visit.shop.health(), visit.shop.draining
    status = "draining" if draining else _status(health)
    shown = Readiness(status=status, dependencies=dict(health.dependencies))
    if status in {"ready", "degraded"}:
        return json_answer(shown).to_asgi()
    return json_answer(shown, status=503).with_headers({"retry-after": "1"}).to_asgi()


def _status(health: Health) -> str:
    if not health.ready:
        return "unavailable"
    return "degraded" if health.degraded else "ready"


@get(
    "/metrics",
    opt={
        OPERATION: Operation(
            tag="operations", public=True, answers={200: str}, media_type=CONTENT_TYPE.partition(";")[0]
        )
    },
)
async def metrics(state: State) -> ASGIResponse:
    """Figures for Prometheus."""
    shop: Shop = state.shop
    try:
        state.metrics.queue_seen(await shop.queue_depth(), shop.clock.now())
        state.metrics.messages_seen(await shop.message_tally())
    except Unavailable:
        state.metrics.queue_unseen()
        state.metrics.messages_seen(None)
    body = state.metrics.text()
    return Answer(body=body, headers={"cache-control": PRIVATE, "content-type": CONTENT_TYPE}).to_asgi()

"""Reports: what the shop's events come to over a span of time."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import json_answer
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.reporting.model import Funnel

_Instant = Annotated[datetime, Meta(tz=True)]


class SpanQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span of time: the last 30 days unless it is said, 400 days at most."""

    since: Annotated[_Instant | None, Meta(description="Carts that were opened from then on.")] = None
    until: Annotated[_Instant | None, Meta(description="Carts that were opened before.")] = None


@get(
    "/admin/reports/funnel",
    opt={
        OPERATION: Operation(
            tag="admin", answers={200: Funnel}, query=SpanQuery, permission="reports:read", answer_headers=("ETag",)
        )
    },
)
async def show_funnel(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show how many of the carts of a span became orders, how many of those were paid, and for how much on average."""
    query = visit.query(SpanQuery)
    return visit.shown(json_answer(await visit.view.reports.funnel(since=query.since, until=query.until)))

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
from shopcore.payments.model import Balances, TaxReport
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
    """Show how many of the carts of a span became orders, how many of those were paid, and for how much on average.

    An order counts once it is paid, its money held, or it has ended. A cart without one is `open` as long as somebody
    has touched it within the last hour, and abandoned after that. One that went into another at a sign-in is not
    counted; the other is as old as the older of them.
    """
    query = visit.query(SpanQuery)
    return visit.shown(json_answer(await visit.view.reports.funnel(since=query.since, until=query.until)))


class SalesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span of time: the last 30 days unless it is said, 400 days at most."""

    since: Annotated[_Instant | None, Meta(description="Sales that were paid from then on.")] = None
    until: Annotated[_Instant | None, Meta(description="Sales that were paid before.")] = None


class MomentQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Now, unless a time is said."""

    until: Annotated[_Instant | None, Meta(description="What was posted before.")] = None


@get(
    "/admin/reports/tax",
    opt={
        OPERATION: Operation(
            tag="admin", answers={200: TaxReport}, query=SalesQuery, permission="reports:read", answer_headers=("ETag",)
        )
    },
)
async def report_tax(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show what was sold in a span of time and the tax on it, by currency, and what was given back in the same span."""
    query = visit.query(SalesQuery)
    return visit.shown(json_answer(await visit.view.books.tax(since=query.since, until=query.until)))


@get(
    "/admin/reports/balances",
    opt={
        OPERATION: Operation(
            tag="admin", answers={200: Balances}, query=MomentQuery, permission="reports:read", answer_headers=("ETag",)
        )
    },
)
async def report_balances(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show what each payment gateway holds for the shop, and every account of the books."""
    return visit.shown(json_answer(await visit.view.books.balances(until=visit.query(MomentQuery).until)))

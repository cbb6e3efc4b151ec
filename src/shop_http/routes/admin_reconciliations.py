"""Reconciliations: what gateways list, against the books."""

from datetime import datetime, timedelta
from typing import Annotated, Any

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
from shop_http.routes.orders import PLAIN_TEXT
from shop_http.visit import Visit
from shopcore.kernel.money import Money
from shopcore.payments.model import LONGEST_REASON, Difference, Leave, Reconciliation, ToldOnce


class DifferenceShown(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that gateway and books do not agree on, since when, and what to do. Money that left is below zero.

    `movement` and `charge` are names at the gateway, `entry` that in the ledger. What is `repaired` the shop has begun
    to mend by itself; the next reconciliation finds it no more. `left` says who lets it be, since when and why; of
    another kind or amount it has another `id`, and is open again.
    """

    id: str
    kind: str
    gateway: str
    at: datetime
    age_seconds: int
    movement: str | None
    charge: str | None
    entry: str | None
    order_id: str | None
    payment_id: str | None
    theirs: Money | None
    ours: Money | None
    repaired: bool
    is_marked: bool
    proposal: str
    left: Leave | None


class ReconciliationShown(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison. `fees` are those that it has posted, `unreached` gateways that did not answer. `found` counts
    differences that are open, `left_count` those that staff let be. What is `told_once` stays as it is: each is counted
    in one comparison only.
    """

    id: str
    status: str
    requested_at: datetime
    requested_by: str
    since: datetime
    until: datetime
    finished_at: datetime | None
    compared: int
    found: int
    left_count: int
    repaired: int
    fees: tuple[Money, ...]
    told_once: tuple[ToldOnce, ...]
    unreached: tuple[str, ...]


class ReconciliationWhole(ReconciliationShown, frozen=True, kw_only=True):
    """The same with each difference, of more than 500 the most urgent, the newest first, and each that is left."""

    differences: tuple[DifferenceShown, ...]
    left: tuple[DifferenceShown, ...]


class ReconciliationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some comparisons, and where the next ones start."""

    items: tuple[ReconciliationShown, ...]
    next_cursor: str | None


class NewReconciliation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far back to look."""

    days: Annotated[int, Meta(ge=1, le=366)] = 3


class DifferenceLeft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is let be."""

    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON, pattern=PLAIN_TEXT)]


@get("/admin/reconciliations", opt=staff_list(ReconciliationPage, "payments:read"))
async def list_reconciliations(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show when gateways were compared with the books, the newest first."""
    query = visit.query(ListQuery)
    page = await visit.view.reconciliations.list(limit=query.limit, cursor=query.cursor)
    shown = ReconciliationPage(items=tuple(map(_shown, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


@get(
    "/admin/reconciliations/{run_id:str}",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: ReconciliationWhole},
            permission="payments:read",
            refuses=(404,),
            answer_headers=("ETag",),
        )
    },
)
async def show_reconciliation(visit: NamedDependency[Visit], run_id: FromPath[str]) -> ASGIResponse:
    """Show one comparison with all that differs."""
    return visit.shown(json_answer(_whole(await visit.view.reconciliations.show(run_id=run_id))))


@post(
    "/admin/reconciliations",
    status_code=202,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={202: ReconciliationShown},
            body=NewReconciliation,
            body_required=False,
            example={"days": 7},
            headers=(KEY_HEADER,),
            permission="payments:write",
            refuses=(409,),
            answer_headers=(REPLAYED,),
        )
    },
)
async def request_reconciliation(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Have gateways compared with the books now. A worker does it; look at the comparison for what came of it."""

    async def act() -> Answer:
        wanted = await visit.json_or(NewReconciliation())
        run = await visit.view.reconciliations.request(window=timedelta(days=wanted.days))
        return json_answer(_shown(run), status=202)

    return await visit.once(act)


@post(
    "/admin/reconciliations/differences/{difference_id:str}/leave",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: DifferenceShown},
            body=DifferenceLeft,
            example={"reason": "a charge by hand, agreed on with the bank"},
            headers=(KEY_HEADER,),
            permission="payments:write",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def leave_difference(visit: NamedDependency[Visit], difference_id: FromPath[str]) -> ASGIResponse:
    """Say of an open difference that it was seen, and is let be.

    It is told no more, and counted apart, until it is gone; if its kind or an amount changes it is open again. The same
    person must have signed in just now. Saying it again changes nothing.
    """

    async def act() -> Answer:
        wanted = await visit.json(DifferenceLeft)
        left = await visit.view.reconciliations.leave(difference_id=difference_id, reason=wanted.reason)
        assert left.left is not None, "it was left"
        return json_answer(_difference(left, left.left.at))

    return await visit.once(act)


def _shown(run: Reconciliation) -> ReconciliationShown:
    return ReconciliationShown(**_fields(run))


def _whole(run: Reconciliation) -> ReconciliationWhole:
    as_of = run.finished_at or run.until
    return ReconciliationWhole(
        **_fields(run),
        differences=tuple(_difference(one, as_of) for one in run.differences),
        left=tuple(_difference(one, as_of) for one in run.left),
    )


def _fields(run: Reconciliation) -> dict[str, Any]:
    made = {"status": "waiting" if run.finished_at is None else "done", "left_count": len(run.left)}
    return {name: made[name] if name in made else getattr(run, name) for name in ReconciliationShown.__struct_fields__}


def _difference(one: Difference, as_of: datetime) -> DifferenceShown:
    return DifferenceShown(
        id=one.id,
        kind=one.kind.value,
        gateway=one.gateway,
        at=one.at,
        age_seconds=int((as_of - one.at).total_seconds()),
        movement=one.movement,
        charge=one.charge,
        entry=one.entry,
        order_id=one.order_id,
        payment_id=one.payment_id,
        theirs=one.theirs,
        ours=one.ours,
        repaired=one.repairs,
        is_marked=one.is_marked,
        proposal=one.proposal,
        left=one.left,
    )

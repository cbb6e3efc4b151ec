"""The money of orders, for those who look after it."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import Answer, json_answer
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked
from shop_http.routes.admin_orders import acting, shown
from shop_http.routes.cart import KEY_HEADER, REQUIRED_KEY
from shop_http.routes.orders import PLAIN_TEXT
from shop_http.visit import Visit
from shopcore.aftersales.model.refunds import WantedLine
from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.money import Money
from shopcore.ordering.model import given_back
from shopcore.payments.model import Dispute, Payment, PaymentLife, PaymentState, PaymentTotal, life_of

_Instant = Annotated[datetime, Meta(tz=True)]


class PaymentReported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment as staff see it, without what only its payer may know. `captured` is there where only that much of
    `amount` was taken.
    """

    id: str
    order_id: str
    gateway: str
    state: PaymentState
    amount: Money
    attempts: int
    created_at: datetime
    updated_at: datetime
    method: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    captured: Money | UnsetType = UNSET
    failure: str | UnsetType = UNSET
    life: PaymentLife | UnsetType = UNSET
    disputes: tuple[Dispute, ...] = ()


class PaymentReport(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the payments of a span of time, and the sums of all of them by gateway, state and currency."""

    since: datetime
    until: datetime
    totals: tuple[PaymentTotal, ...]
    items: tuple[PaymentReported, ...]
    next_cursor: str | None


class PaymentsQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span of time, the last 30 days unless it is said, and a page of its payments."""

    since: Annotated[_Instant | None, Meta(description="Begun from this second on.")] = None
    until: Annotated[_Instant | None, Meta(description="Begun before this second.")] = None
    gateway: Annotated[str | None, Meta(description="Only those of this gateway.")] = None
    state: Annotated[PaymentState | None, Meta(description="Only those that stand there.")] = None


class Capture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of what is held is to be taken, once; the rest is let go. Without an amount, all of it."""

    amount: Money | None = None


class WantedRefund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to go back: an amount, or what was paid for the lines; with neither of them named, all that is left.
    `restock` says that the lines came back, or without lines all goods.
    """

    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN_TEXT)]
    amount: Money | UnsetType = UNSET
    lines: Annotated[tuple[WantedLine, ...], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    restock: bool = False


def on_payment(example: object = None, *, body: type | None = None) -> Operation:
    """What the document says of an act on the payment of an order."""
    return Operation(
        tag="admin",
        answers={200: PaymentReported},
        body=body,
        body_required=False,
        example=example,
        headers=(KEY_HEADER,),
        permission="payments:write",
        refuses=(404, 409),
        answer_headers=(REPLAYED,),
    )


@get(
    "/admin/payments",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: PaymentReport},
            query=PaymentsQuery,
            permission="payments:read",
            answer_headers=("ETag", "Link"),
        )
    },
)
async def report_payments(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show what was paid through all gateways: the sums of a span of time, and its payments, newest first."""
    query = visit.query(PaymentsQuery)
    report = await visit.view.payments.report(
        since=query.since,
        until=query.until,
        gateway=query.gateway,
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = PaymentReport(
        since=report.since,
        until=report.until,
        totals=report.totals,
        items=tuple(map(reported, report.payments)),
        next_cursor=report.next_cursor,
    )
    return linked(visit, json_answer(answer), report.next_cursor)


@get(
    "/admin/orders/{order_id:str}/payment",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: PaymentReported},
            permission="orders:read",
            refuses=(404,),
            answer_headers=("ETag",),
        )
    },
)
async def show_any_payment(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Show how the payment of an order stands, and what became of its money; 404 for an order that cost nothing."""
    payment = await visit.view.payments.show(order_id=OrderId(order_id))
    order = await visit.view.orders.show(order_id=OrderId(order_id))
    life = life_of(payment, given_back(order, payment.amount.currency))
    return visit.shown(json_answer(msgspec.structs.replace(reported(payment), life=life)))


@post(
    "/admin/orders/{order_id:str}/payment/capture",
    status_code=200,
    opt={OPERATION: on_payment({"amount": {"amount": 1200, "currency": "USD"}}, body=Capture)},
)
async def capture_payment(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Take the money that is held for an order, or a part of it: the rest is let go, and the order counts as paid."""

    async def act() -> Answer:
        amount = (await visit.json_or(Capture())).amount
        return json_answer(reported(await visit.view.payments.capture(order_id=OrderId(order_id), amount=amount)))

    return await visit.once(act, in_steps=True)


@post("/admin/orders/{order_id:str}/payment/void", status_code=200, opt={OPERATION: on_payment()})
async def void_payment(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Let the money go that is held for an order; the order stays as it is."""

    async def act() -> Answer:
        return json_answer(reported(await visit.view.payments.void(order_id=OrderId(order_id))))

    return await visit.once(act, in_steps=True)


@post(
    "/admin/orders/{order_id:str}/refunds",
    status_code=200,
    opt={
        OPERATION: acting(
            "orders:refund",
            body=WantedRefund,
            example={"reason": "damaged", "amount": {"amount": 500, "currency": "USD"}},
            key=REQUIRED_KEY,
        )
    },
)
async def refund_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Give money back, never more than was taken: the answer has the refund as requested; its gateway is asked next."""

    async def act() -> Answer:
        wanted = await visit.json(WantedRefund)
        return shown(
            await visit.view.orders.refund(
                order_id=OrderId(order_id),
                reason=wanted.reason,
                amount=wanted.amount or None,
                lines=wanted.lines or None,
                restock=wanted.restock,
            )
        )

    return await visit.once(act)


@post(
    "/admin/orders/{order_id:str}/refunds/{refund_id:str}/retry",
    status_code=200,
    opt={OPERATION: acting("orders:refund")},
)
async def retry_refund(
    visit: NamedDependency[Visit], order_id: FromPath[str], refund_id: FromPath[str]
) -> ASGIResponse:
    """Ask once more for a refund that its gateway refused, or whose money came back: by another, of what is missing
    and left.
    """

    async def act() -> Answer:
        return shown(await visit.view.orders.retry_refund(order_id=OrderId(order_id), refund_id=RefundId(refund_id)))

    return await visit.once(act)


def reported(payment: Payment) -> PaymentReported:
    """A payment as staff see it."""
    return PaymentReported(
        id=payment.id,
        order_id=payment.order_id,
        gateway=payment.gateway,
        state=payment.state,
        amount=payment.amount,
        attempts=payment.attempt,
        created_at=payment.created_at,
        updated_at=payment.updated_at,
        method=payment.method or UNSET,
        reference=payment.reference or UNSET,
        captured=payment.captured or UNSET,
        failure=payment.failure or UNSET,
        disputes=payment.disputes,
    )

"""A guest's order: look at it, pay it again, cancel it."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import Answer, json_answer
from shop_http.auth import ORDER_TOKEN
from shop_http.idempotency import REPLAYED, fingerprint_of, key_of
from shop_http.openapi import OPERATION, Header, Operation
from shop_http.routes.cart import KEY_HEADER
from shop_http.visit import Visit
from shopcore.checkout.model import CheckedOut, PaymentChoice, Reply
from shopcore.kernel.address import Address
from shopcore.kernel.ids import OrderId
from shopcore.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT
from shopcore.ordering.model import (
    Fulfillment,
    Order,
    OrderLine,
    OrderStatus,
    OrderTotals,
    PaymentStatus,
    Refund,
    TimelineEntry,
)
from shopcore.payments.model import NextAction, Payment, PaymentState, told_to_payer

UNREAD = PaymentChoice(gateway="\0unread")
"""Stands for a choice that cannot be read: no shop has a gateway of that name, so nothing is done."""

TOKEN = Header(name=ORDER_TOKEN, description="The secret that shows the order to whoever placed it as a guest.")

PLAIN_TEXT = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Without control characters: it is shown to staff, in terminals too."""

_PAYMENT_STATUS = {
    PaymentState.REQUIRES_PAYMENT: "processing",
    PaymentState.REQUIRES_ACTION: "requires_action",
    PaymentState.PROCESSING: "processing",
    PaymentState.FAILED: "failed",
    PaymentState.VOIDED: "failed",
    PaymentState.AUTHORIZED: "authorized",
    PaymentState.SUCCEEDED: "succeeded",
}
_STATUSES = ["succeeded", "authorized", "requires_action", "processing", "failed"]


class TimelineItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened. `by` is a role, never a person."""

    at: datetime
    event: str
    by: str
    note: str | UnsetType = UNSET


class OrderShown(msgspec.Struct, frozen=True, kw_only=True):
    """An order."""

    id: str
    number: str
    status: OrderStatus
    payment_status: PaymentStatus
    email: str | None
    locale: str | None
    lines: tuple[OrderLine, ...]
    totals: OrderTotals
    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: str | None
    fulfillments: tuple[Fulfillment, ...]
    refunds: tuple[Refund, ...]
    timeline: tuple[TimelineItem, ...]
    placed_at: datetime
    expires_at: datetime
    version: int


class PaymentShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a payment stands. `next_action` is what the buyer has to do."""

    id: str
    gateway: str
    status: Annotated[str, Meta(extra_json_schema={"enum": _STATUSES})]
    client_secret: str | UnsetType = UNSET
    next_action: NextAction | UnsetType = UNSET
    failure: str | UnsetType = UNSET


class OrdersQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of one's own orders."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="How many at most.")] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Meta(description="`next_cursor` of the page before.")] = None


class OrderPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders, and where the next ones start."""

    items: tuple[OrderShown, ...]
    next_cursor: str | None


class Cancellation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an order is cancelled."""

    reason: Annotated[str, Meta(max_length=500, pattern=PLAIN_TEXT)] | None = None


@get(
    "/orders",
    opt={
        OPERATION: Operation(
            tag="orders", answers={200: OrderPage}, query=OrdersQuery, refuses=(401,), answer_headers=("ETag",)
        )
    },
)
async def list_orders(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show one's own orders: for customers who are signed in, so that a guest is answered 401."""
    query = visit.query(OrdersQuery)
    page = await visit.view.orders.list(limit=query.limit, cursor=query.cursor)
    items = tuple(map(order_shown, page.items))
    return visit.shown(json_answer(OrderPage(items=items, next_cursor=page.next_cursor)))


@get(
    "/orders/{order_id:str}",
    opt={
        OPERATION: Operation(
            tag="orders", answers={200: OrderShown}, headers=(TOKEN,), refuses=(401, 404), answer_headers=("ETag",)
        )
    },
)
async def show_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Show an order with its timeline."""
    order = await visit.view.orders.show(order_id=OrderId(order_id))
    return visit.shown(json_answer(order_shown(order)))


@get(
    "/orders/{order_id:str}/payment",
    opt={
        OPERATION: Operation(
            tag="orders", answers={200: PaymentShown}, headers=(TOKEN,), refuses=(401, 404), answer_headers=("ETag",)
        )
    },
)
async def show_payment(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Show how the payment stands, and what the buyer still has to do; 404 for an order that cost nothing."""
    payment = await visit.view.payments.show(order_id=OrderId(order_id))
    return visit.shown(json_answer(payment_shown(payment)))


@post(
    "/orders/{order_id:str}/payment",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="orders",
            answers={200: PaymentShown},
            body=PaymentChoice,
            body_required=False,
            example={"method": "ok"},
            headers=(TOKEN, KEY_HEADER),
            refuses=(401, 404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def retry_payment(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Try to pay again after a failure; without a body, in the shop's own way."""
    key, body = key_of(visit.request.headers), await visit.body()

    async def ask(choice: PaymentChoice) -> Reply:
        return _of_the_choice(
            await visit.view.checkout.retry_payment(
                order_id=OrderId(order_id), choice=choice, key=key, fingerprint=fingerprint_of(body)
            )
        )

    return await visit.reply(visit.json_or(PaymentChoice()), ask, _payment_answer, unread=UNREAD)


@post(
    "/orders/{order_id:str}/cancel",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="orders",
            answers={200: OrderShown},
            body=Cancellation,
            body_required=False,
            example={"reason": "ordered twice"},
            headers=(TOKEN, KEY_HEADER),
            refuses=(401, 404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def cancel_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Cancel an order before it ships; stock and money go back."""

    async def act() -> Answer:
        reason = (await visit.json_or(Cancellation())).reason
        return json_answer(order_shown(await visit.view.orders.cancel(order_id=OrderId(order_id), reason=reason)))

    return await visit.once(act, in_steps=True)


def order_shown(order: Order) -> OrderShown:
    """An order as whoever placed it sees it."""
    return OrderShown(
        id=order.id,
        number=order.number,
        status=order.status,
        payment_status=order.payment_status,
        email=order.contact.email,
        locale=order.contact.locale,
        lines=order.lines,
        totals=order.totals,
        shipping_address=order.contact.shipping_address,
        billing_address=order.contact.billing_address,
        shipping_method=order.shipping_method,
        fulfillments=order.fulfillments,
        refunds=order.refunds,
        timeline=tuple(map(_happened, order.timeline)),
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        version=order.version,
    )


def payment_shown(payment: Payment) -> PaymentShown:
    """A payment as whoever pays it sees it."""
    return PaymentShown(
        id=payment.id,
        gateway=payment.gateway,
        status=_PAYMENT_STATUS[payment.state],
        client_secret=payment.client_secret or UNSET,
        next_action=payment.next_action or UNSET,
        failure=told_to_payer(payment.failure) or UNSET,
    )


def _payment_answer(done: CheckedOut) -> Answer:
    return json_answer(None if done.payment is None else payment_shown(done.payment))


def _of_the_choice(reply: Reply) -> Reply:
    """A refusal in the words of a body that is the choice alone: `method`, where a checkout has `payment/method`."""
    refused = reply.outcome
    if isinstance(refused, CheckedOut):
        return reply
    detail, errors = refused.detail, []
    for error in refused.errors:
        named = msgspec.structs.replace(error, field=error.field.removeprefix("payment/"))
        detail = detail.replace(error.field, named.field)
        errors.append(named)
    return msgspec.structs.replace(reply, outcome=msgspec.structs.replace(refused, detail=detail, errors=tuple(errors)))


def _happened(entry: TimelineEntry) -> TimelineItem:
    role = entry.by.partition(":")[0]
    return TimelineItem(at=entry.at, event=entry.event, by=role, note=entry.note or UNSET)

"""Every order, for those who look after them."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import Answer, json_answer
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Header, Operation
from shop_http.routes.admin import ListQuery, linked
from shop_http.routes.cart import KEY_HEADER
from shop_http.routes.orders import PLAIN_TEXT, Cancellation, OrderPage, OrderShown, order_shown
from shop_http.visit import Visit
from shopcore.kernel.ids import FulfillmentId, OrderId
from shopcore.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT
from shopcore.ordering.model import Order, OrderStatus

_ShortText = Annotated[str, Meta(min_length=1, max_length=100, pattern=PLAIN_TEXT)]


class OrderListQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the orders."""

    status: Annotated[OrderStatus | None, Meta(description="Only those that stand there.")] = None
    refund_failed: Annotated[
        bool, Meta(description="Only those that money should have gone back of and did not, and that wait for staff.")
    ] = False
    number: Annotated[str | None, Meta(description="Only the one with this number, as its buyer reads it out.")] = None


class OrderSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose orders. In a body, since addresses of requests are written down in many places."""

    email: str
    status: OrderStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: str | None = None


class Parcel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was handed to a carrier: everything that was ordered."""

    carrier: _ShortText | None = None
    tracking_number: _ShortText | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to say about an order; its buyer reads it too."""

    text: Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN_TEXT)]


def acting(
    permission: str,
    *,
    body: type | None = None,
    required: bool = True,
    example: object = None,
    key: Header = KEY_HEADER,
) -> Operation:
    """An act of staff on an order, which answers the order."""
    return Operation(
        tag="admin",
        answers={200: OrderShown},
        body=body,
        body_required=required,
        example=example,
        headers=(key,),
        permission=permission,
        refuses=(404, 409),
        answer_headers=(REPLAYED,),
    )


@get(
    "/admin/orders",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: OrderPage},
            query=OrderListQuery,
            permission="orders:read",
            refuses=(404,),
            answer_headers=("ETag", "Link"),
        )
    },
)
async def list_all_orders(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the orders, newest first; or the one with a number, 404 where there is none."""
    query = visit.query(OrderListQuery)
    if query.number is not None:
        found = await visit.view.orders.find(number=query.number)
        return visit.shown(json_answer(OrderPage(items=(order_shown(found),), next_cursor=None)))
    page = await visit.view.orders.list(
        status=query.status, refund_failed=query.refund_failed, limit=query.limit, cursor=query.cursor
    )
    listed = OrderPage(items=tuple(map(order_shown, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(listed), page.next_cursor)


@post(
    "/admin/orders/search",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: OrderPage},
            body=OrderSearch,
            example={"email": "ada@example.com"},
            headers=(KEY_HEADER,),
            permission="orders:read",
            refuses=(409,),
            answer_headers=(REPLAYED,),
        )
    },
)
async def search_orders(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show what was ordered with an e-mail address, newest first."""

    async def act() -> Answer:
        wanted = await visit.json(OrderSearch)
        page = await visit.view.orders.list(
            email=wanted.email, status=wanted.status, limit=wanted.limit, cursor=wanted.cursor
        )
        return json_answer(OrderPage(items=tuple(map(order_shown, page.items)), next_cursor=page.next_cursor))

    return await visit.once(act)


@get(
    "/admin/orders/{order_id:str}",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: OrderShown},
            permission="orders:read",
            refuses=(404,),
            answer_headers=("ETag",),
        )
    },
)
async def show_any_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Show an order with its buyer, its money and its timeline."""
    return visit.shown(json_answer(order_shown(await visit.view.orders.show(order_id=OrderId(order_id)))))


@post(
    "/admin/orders/{order_id:str}/cancel",
    status_code=200,
    opt={OPERATION: acting("orders:write", body=Cancellation, required=False, example={"reason": "out of stock"})},
)
async def cancel_any_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Cancel an order before it ships; stock and money go back."""

    async def act() -> Answer:
        reason = (await visit.json_or(Cancellation())).reason
        return shown(await visit.view.orders.cancel(order_id=OrderId(order_id), reason=reason))

    return await visit.once(act, in_steps=True)


@post(
    "/admin/orders/{order_id:str}/fulfillments",
    status_code=200,
    opt={
        OPERATION: acting(
            "orders:write",
            body=Parcel,
            required=False,
            example={"carrier": "DHL", "tracking_number": "00340434161094015902"},
        )
    },
)
async def ship_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Record that everything was handed to a carrier; 409 while its money is not there."""

    async def act() -> Answer:
        parcel = await visit.json_or(Parcel())
        return shown(
            await visit.view.orders.ship(
                order_id=OrderId(order_id), carrier=parcel.carrier, tracking_number=parcel.tracking_number
            )
        )

    return await visit.once(act)


@post(
    "/admin/orders/{order_id:str}/fulfillments/{parcel_id:str}/delivered",
    status_code=200,
    opt={OPERATION: acting("orders:write")},
)
async def deliver_order(
    visit: NamedDependency[Visit], order_id: FromPath[str], parcel_id: FromPath[str]
) -> ASGIResponse:
    """Record that a parcel has arrived, and with it the order."""

    async def act() -> Answer:
        return shown(await visit.view.orders.deliver(order_id=OrderId(order_id), parcel_id=FulfillmentId(parcel_id)))

    return await visit.once(act)


@post(
    "/admin/orders/{order_id:str}/notes",
    status_code=200,
    opt={OPERATION: acting("orders:write", body=Note, example={"text": "Called: comes by on Friday."})},
)
async def annotate_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Add a note to the timeline, which the buyer reads too."""

    async def act() -> Answer:
        note = await visit.json(Note)
        return shown(await visit.view.orders.annotate(order_id=OrderId(order_id), text=note.text))

    return await visit.once(act)


def shown(order: Order) -> Answer:
    """An order as staff see it: as its buyer does."""
    return json_answer(order_shown(order))

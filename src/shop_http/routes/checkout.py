"""From a cart to an order."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import UNSET, UnsetType

from shop_http.answers import Answer, json_answer
from shop_http.auth import CART_TOKEN
from shop_http.idempotency import KEY, KEY_RULE, REPLAYED, fingerprint_of, required_key
from shop_http.openapi import OPERATION, Header, Operation
from shop_http.routes.cart import ADDRESS_EXAMPLE
from shop_http.routes.orders import UNREAD, OrderShown, PaymentShown, order_shown, payment_shown
from shop_http.visit import Visit
from shopcore.checkout.model import CheckedOut, CheckOutCommand, Reply


class OrderPlaced(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The order, the secret that shows it, and how its payment stands (null when there is nothing to pay)."""

    order: OrderShown
    payment: PaymentShown | None
    order_token: str | UnsetType = UNSET


_HEADERS = (
    Header(name=CART_TOKEN, description="The secret that names a guest's cart; a customer's own needs none."),
    Header(name=KEY, description=f"Makes a repeated request place one order. {KEY_RULE}", required=True),
)
_EXAMPLE = {
    "email": "ada@example.com",
    "shipping_address": ADDRESS_EXAMPLE,
    "shipping_method": "standard",
    "payment": {"method": "ok"},
    "expected_total": {"amount": 1999, "currency": "USD"},
}


@post(
    "/cart/checkout",
    status_code=201,
    opt={
        OPERATION: Operation(
            tag="checkout",
            answers={201: OrderPlaced},
            body=CheckOutCommand,
            example=_EXAMPLE,
            headers=_HEADERS,
            refuses=(401, 404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def check_out(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Order what is in the cart, and begin its payment.

    The answer is 201 once the order is placed, whatever the payment does; `payment.status` says how it stands.
    """
    key, body = required_key(visit.request.headers), await visit.body()

    async def ask(command: CheckOutCommand) -> Reply:
        return await visit.view.checkout.check_out(command=command, key=key, fingerprint=fingerprint_of(body))

    return await visit.reply(visit.json(CheckOutCommand), ask, _placed, unread=CheckOutCommand(payment=UNREAD))


def _placed(done: CheckedOut) -> Answer:
    placed = OrderPlaced(
        order=order_shown(done.order),
        payment=None if done.payment is None else payment_shown(done.payment),
        order_token=done.order_token or UNSET,
    )
    return json_answer(placed, status=201)

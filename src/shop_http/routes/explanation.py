"""How the total of an order came about."""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import json_answer
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.orders import TOKEN
from shop_http.visit import Visit
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.pricing.model import Step


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Every cent of an order, step by step, as it was computed when the order was placed.

    All amounts sum to the total, except those of `included_tax`: they are within a price already.
    """

    steps: tuple[Step, ...]
    total: Money


_stored = msgspec.json.Decoder(Explanation)
"""Of the stored quote only what concerns its buyer: not the terms of the merchant's rules."""


@get(
    "/orders/{order_id:str}/explanation",
    opt={
        OPERATION: Operation(
            tag="orders", answers={200: Explanation}, headers=(TOKEN,), refuses=(401, 404), answer_headers=("ETag",)
        )
    },
)
async def explain_order(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Explain every cent of an order."""
    order = await visit.view.orders.show(order_id=OrderId(order_id))
    return visit.shown(json_answer(_stored.decode(order.explanation)))

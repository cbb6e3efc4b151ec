"""Money that no machine sees: staff say that it came, that it is not going to come, and that it was given back."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import Answer, json_answer
from shop_http.openapi import OPERATION
from shop_http.routes.admin_orders import acting, shown
from shop_http.routes.admin_payments import on_payment, reported
from shop_http.visit import Visit
from shopcore.kernel.ids import OrderId, RefundId


@post("/admin/orders/{order_id:str}/payment/confirm", status_code=200, opt={OPERATION: on_payment()})
async def confirm_payment(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Say that the money of a transfer or of a delivery has come, all of it: the order counts as paid. What comes for
    an order that has ended is to go back.
    """

    async def act() -> Answer:
        return json_answer(reported(await visit.view.by_hand.confirm(order_id=OrderId(order_id))))

    return await visit.once(act)


@post("/admin/orders/{order_id:str}/payment/refuse", status_code=200, opt={OPERATION: on_payment()})
async def refuse_payment(visit: NamedDependency[Visit], order_id: FromPath[str]) -> ASGIResponse:
    """Say that a transfer is not going to come, so that its buyer may pay in another way, or that nobody paid at the
    door.
    """

    async def act() -> Answer:
        return json_answer(reported(await visit.view.by_hand.refuse(order_id=OrderId(order_id))))

    return await visit.once(act)


@post(
    "/admin/orders/{order_id:str}/refunds/{refund_id:str}/confirm",
    status_code=200,
    opt={OPERATION: acting("orders:refund")},
)
async def confirm_refund(
    visit: NamedDependency[Visit], order_id: FromPath[str], refund_id: FromPath[str]
) -> ASGIResponse:
    """Say that a refund was given back by hand: the books and the order follow, and its customer is told."""

    async def act() -> Answer:
        return shown(await visit.view.by_hand.confirm_refund(order_id=OrderId(order_id), refund_id=RefundId(refund_id)))

    return await visit.once(act)

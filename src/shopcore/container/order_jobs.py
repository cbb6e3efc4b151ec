"""Which jobs follow from what happened to orders, besides their mails: goods, refunds, and an end."""

from collections.abc import Mapping, Sequence

from shopcore.container import order_mail_jobs
from shopcore.container.cases import Upkeep
from shopcore.container.queueing import ABOUT_A_WEEK, STOCK, moving
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.jobs.use_cases.publish_events import Bindings
from shopcore.kernel.actor import System
from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.jobs import NewJob
from shopcore.notifications.model import OrderNotice
from shopcore.ordering.events import OrderAuthorized, OrderCancelled, OrderPaid, RefundRequested


def _after_payment(event: OrderPaid | OrderAuthorized) -> Sequence[NewJob]:
    order: dict[str, str] = {"order_id": event.order_id}
    key = f"stock/{event.order_id}/{event.at.isoformat()}"  # again where money that was held was let go in between
    return (
        NewJob(kind="settle_stock", payload=order, unique_key=key, priority=STOCK),
        order_mail_jobs.confirmation(event.order_id),
    )


def _after_cancellation(event: OrderCancelled) -> Sequence[NewJob]:
    key, order = f"stock/{event.order_id}/cancelled", {"order_id": str(event.order_id)}
    stock = NewJob(kind="settle_stock", payload=order, unique_key=key, priority=STOCK)
    mail = order_mail_jobs.about(OrderNotice.CANCELLED, event.order_id)
    return (stock, mail)


def _after_refund_request(event: RefundRequested) -> Sequence[NewJob]:
    payload: dict[str, str] = {"order_id": event.order_id, "refund_id": event.refund_id}
    return (moving("carry_out_refund", f"refund/{event.refund_id}", payload, ABOUT_A_WEEK),)


BINDINGS: Bindings = {
    OrderPaid: _after_payment,
    OrderAuthorized: _after_payment,
    OrderCancelled: _after_cancellation,
    RefundRequested: _after_refund_request,
}


def handlers(upkeep: Upkeep) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def settle_stock(payload: Mapping[str, str]) -> None:
        await upkeep.settle_stock(System(kind="settle_stock"), order_id=OrderId(payload["order_id"]))

    async def carry_out_refund(payload: Mapping[str, str]) -> None:
        order_id, refund_id = OrderId(payload["order_id"]), RefundId(payload["refund_id"])
        await upkeep.carry_out_refund(System(kind="carry_out_refund"), order_id=order_id, refund_id=refund_id)

    async def expire_order(payload: Mapping[str, str]) -> None:
        await upkeep.expire_order(System(kind="expire_order"), order_id=OrderId(payload["order_id"]))

    return {
        "settle_stock": settle_stock,
        "carry_out_refund": carry_out_refund,
        "expire_order": expire_order,
    }

"""Which mails follow from what happened to orders."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from shopcore.container.cases import Upkeep
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.jobs.use_cases.publish_events import Bindings
from shopcore.kernel.actor import System
from shopcore.kernel.ids import OrderId
from shopcore.kernel.jobs import NewJob
from shopcore.notifications.model import OrderNotice
from shopcore.ordering.events import OrderDelivered, OrderRefunded, OrderShipped
from shopcore.payments.events import PaymentFailed

_MAIL = 10  # after money and stock, before upkeep
SCHEDULES = (Schedule(kind="forget_sent_messages", every=timedelta(hours=1)),)
BY_MAIL = ("send_order_confirmation", "send_order_mail")
ONLY_BY_MAIL = ("send_order_confirmation",)
"""Kinds that need not be begun while no mail can go. The others are: some of theirs go by telephone then."""
_FIVE_DAYS = 172  # tries: mail is not given up sooner (RFC 5321, 4.5.4.1)


def confirmation(order_id: OrderId) -> NewJob:
    """The mail that an order is paid. It has a kind of its own, so that it can be found and counted."""
    return NewJob(
        kind="send_order_confirmation",
        payload={"order_id": str(order_id)},
        unique_key=f"mail/order_confirmation/{order_id}",
        priority=_MAIL,
        max_attempts=_FIVE_DAYS,
    )


def about(notice: OrderNotice, order_id: OrderId, subject: str = "") -> NewJob:
    """The mail of that kind on that subject of an order: one, however often it is asked for."""
    return NewJob(
        kind="send_order_mail",
        payload={"order_id": str(order_id), "notice": notice.value, "subject": subject},
        unique_key=f"mail/{notice.value}/{order_id}/{subject}",
        priority=_MAIL,
        max_attempts=_FIVE_DAYS,
    )


def _after_failure(event: PaymentFailed) -> Sequence[NewJob]:
    return (about(OrderNotice.PAYMENT_FAILED, event.order_id, f"{event.payment_id}-{event.attempt}"),)


def _after_shipping(event: OrderShipped) -> Sequence[NewJob]:
    return (about(OrderNotice.SHIPPED, event.order_id),)


def _after_delivery(event: OrderDelivered) -> Sequence[NewJob]:
    return (about(OrderNotice.DELIVERED, event.order_id),)


def _after_refund(event: OrderRefunded) -> Sequence[NewJob]:
    return (about(OrderNotice.REFUNDED, event.order_id, event.refund_id),)


BINDINGS: Bindings = {
    PaymentFailed: _after_failure,
    OrderShipped: _after_shipping,
    OrderDelivered: _after_delivery,
    OrderRefunded: _after_refund,
}


def handlers(upkeep: Upkeep) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def send_order_confirmation(payload: Mapping[str, str]) -> None:
        await upkeep.send_order_mail(
            System(kind="send_order_confirmation"),
            order_id=OrderId(payload["order_id"]),
            notice=OrderNotice.CONFIRMATION,
        )

    async def send_order_mail(payload: Mapping[str, str]) -> None:
        await upkeep.send_order_mail(
            System(kind="send_order_mail"),
            order_id=OrderId(payload["order_id"]),
            notice=OrderNotice(payload["notice"]),
            subject=payload["subject"],
        )

    async def forget_sent_messages(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_sent_messages(System(kind="forget_sent_messages"))

    return {
        "send_order_confirmation": send_order_confirmation,
        "send_order_mail": send_order_mail,
        "forget_sent_messages": forget_sent_messages,
    }

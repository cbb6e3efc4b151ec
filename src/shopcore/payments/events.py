"""What happened to payments."""

from datetime import datetime

from shopcore.kernel.events import Event
from shopcore.kernel.ids import OrderId, PaymentId


class PaymentFailed(Event, frozen=True, kw_only=True):
    """A try was declined, or the money that it held was let go; the order waits for another."""

    order_id: OrderId
    payment_id: PaymentId
    attempt: int


class PaymentUnknown(Event, frozen=True, kw_only=True):
    """The gateway did not answer: what it did must be looked up."""

    order_id: OrderId
    payment_id: PaymentId


class PaymentHeld(Event, frozen=True, kw_only=True):
    """The gateway holds the money, which lapses unless it is taken. For an order that has ended it is to be let go.
    What `is_promised` nobody holds: it is paid at the door. It is held no longer than `since`, which may be days before
    the shop has heard of it.
    """

    order_id: OrderId
    payment_id: PaymentId
    order_has_ended: bool
    attempt: int = 1
    is_promised: bool = False
    since: datetime | None = None


class HoldLapsed(Event, frozen=True, kw_only=True):
    """Money that was held for an order is not held any more, and nobody at the shop has let it go: it is not paid."""

    order_id: OrderId
    payment_id: PaymentId
    attempt: int


class WebhookReceived(Event, frozen=True, kw_only=True):
    """A gateway said something; it is in the inbox."""

    gateway: str
    event_id: str


class AttemptOvertaken(Event, frozen=True, kw_only=True):
    """Another attempt has paid the order, or is to pay it, and this one may still take money: it must take none. None
    is the present one.
    """

    order_id: OrderId
    payment_id: PaymentId
    attempt: int | None = None


class ReconciliationForStaff(Event, frozen=True, kw_only=True):
    """Gateways were compared with the books, and there is what the shop does not mend by itself."""

    run_id: str


class GatewaySwitched(Event, frozen=True, kw_only=True):
    """Staff have switched a gateway on or off."""

    gateway: str
    is_on: bool

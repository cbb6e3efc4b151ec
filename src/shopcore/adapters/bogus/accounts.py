"""What the pretend bank writes down: charges, and the news of them."""

from datetime import datetime

import msgspec

from shopcore.kernel.ids import OrderId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import Movement, MovementKind, NextAction, PaymentState, Report


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to take money. `seen` is False where only a cancellation came: its key is burnt."""

    key: str
    id: str
    payment_id: PaymentId
    attempt: int
    order_id: OrderId
    amount: Money
    state: PaymentState
    at: datetime
    settles_at: datetime | None = None
    refunded: int = 0
    failure: str | None = None
    seen: bool = True
    taken_at: datetime | None = None

    @property
    def status(self) -> str:
        """As `shop bogus charges` prints it; one that is still open is called by its state."""
        match self.state:
            case PaymentState.SUCCEEDED:
                return "refunded" if self.refunded == self.amount.amount else "captured"
            case PaymentState.AUTHORIZED:
                return "authorized"
            case PaymentState.FAILED | PaymentState.VOIDED:
                return "failed"
            case PaymentState.REQUIRES_PAYMENT | PaymentState.REQUIRES_ACTION | PaymentState.PROCESSING:
                return self.state.value


class ChargeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the books, as the command line prints it."""

    id: str
    payment_id: PaymentId
    order_id: OrderId
    amount: Money
    status: str
    at: datetime


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook."""

    id: str
    type: str
    report: Report


def settled(charge: Charge, now: datetime) -> Charge:
    """The charge as it stands at `now`: what was processing is captured when its time has come."""
    if charge.state is PaymentState.PROCESSING and charge.settles_at is not None and charge.settles_at <= now:
        return msgspec.structs.replace(charge, state=PaymentState.SUCCEEDED, taken_at=charge.settles_at)
    return charge


def report_of(charge: Charge, app_url: str) -> Report:
    """What the bank says of a charge."""
    url = f"{app_url}/bogus/actions/{charge.id}"
    waits = charge.state is PaymentState.REQUIRES_ACTION
    return Report(
        payment_id=charge.payment_id,
        attempt=charge.attempt,
        state=charge.state,
        amount=charge.amount,
        reference=charge.id,
        next_action=NextAction(type="redirect", url=url) if waits else None,
        failure=charge.failure,
    )


def notice_of(event_id: str, charge: Charge, state: PaymentState, app_url: str) -> Notice:
    """The news that a charge reached `state`."""
    report = report_of(msgspec.structs.replace(charge, state=state), app_url)
    return Notice(id=event_id, type=f"payment.{state.value}", report=report)


def line_of(charge: Charge) -> ChargeLine:
    """The charge as one line of the books."""
    return ChargeLine(
        id=charge.id,
        payment_id=charge.payment_id,
        order_id=charge.order_id,
        amount=charge.amount,
        status=charge.status,
        at=charge.at,
    )


def movement_of(charge: Charge) -> Movement:
    """The money that a charge took. The bank takes no fee."""
    return Movement(
        id=charge.id,
        kind=MovementKind.CHARGE,
        amount=charge.amount,
        fee=Money.zero(charge.amount.currency),
        at=charge.taken_at or charge.at,
        charge=charge.id,
        subject=charge.id,
        payment_id=charge.payment_id,
        attempt=charge.attempt,
    )


def refund_of(charge: Charge, refund_id: RefundId, amount: int, at: datetime) -> Movement:
    """The money that went back."""
    taken = movement_of(charge)
    return msgspec.structs.replace(
        taken,
        id=f"refund/{refund_id}",
        kind=MovementKind.REFUND,
        amount=Money(amount, charge.amount.currency),
        at=at,
        subject=refund_id,
        refund_id=refund_id,
    )

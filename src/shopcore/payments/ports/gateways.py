"""Who takes and gives back money."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from shopcore.kernel.ids import CustomerId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model import (
    DisputeNews,
    Movement,
    Payment,
    PaymentState,
    RefundNews,
    Report,
    SavedMethod,
)


class RefundReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of a refund. `done` is None while it is under way; with a `failure` it is refused for now,
    and may be asked for again under the same key. `is_by_hand` is set where a person gives it back, and says so: there
    is no use in asking again.
    """

    refund_id: RefundId
    done: bool | None
    failure: str | None = None
    is_by_hand: bool = False


class GatewayEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified webhook, reduced to what the shop needs; no personal values."""

    gateway: str
    event_id: str
    type: str
    report: Report | None = None
    refund: RefundNews | None = None
    dispute: DisputeNews | None = None

    @property
    def storable(self) -> "GatewayEvent":
        """Without what only its payer may know: what there is to do before money moves, answers and look-ups tell."""
        waits = self.report is not None and self.report.state is PaymentState.REQUIRES_ACTION
        return msgspec.structs.replace(self, report=None) if waits else self


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that speaks of a payment which is not here, of which it is, and when to look whether it is by now."""

    gateway: str
    event_id: str
    payment_id: PaymentId
    received_at: datetime
    look_at: datetime


class PaymentGateway(Protocol):
    """A remote party that takes and gives back money. Never called while a transaction is open."""

    @property
    def name(self) -> str:
        """Its name in settings, orders and webhooks."""
        ...

    def check_method(self, method: str | None) -> None:
        """Raises `UnknownGateway`, which says what there is, for a method that it cannot be paid with.

        None is its own way, which takes the money or says what the customer has to do.
        """
        ...

    def step(self, currency: str) -> int:
        """Of how many minor units all amounts in that currency are multiples that it takes or gives back: 1 nearly
        everywhere. It asks nobody.
        """
        ...

    async def begin(self, payment: Payment) -> Report:
        """Take (or authorise) `payment.amount` under `gateway_key(payment.id, payment.attempt)`.

        - MUST take the money at most once per key, however often and concurrently it is called; a repeated call
          answers with the state of the first.
        - A decline is a `Report` with state `failed`, not an error; so is an amount that it cannot take to the last
          unit.
        - Raises `UnknownGateway` before anything is asked for, `GatewayClosed` where this call has moved no money and
          left nothing behind that will, and `GatewayUnavailable` when the outcome is not known.
        """
        ...

    async def look_up(self, payment: Payment) -> Report | None:
        """What became of the current attempt; None if the gateway has never seen it, or has yet to be told to take the
        money: then `begin` may be called. Raises `GatewayUnavailable`.
        """
        ...

    async def find(self, reference: str) -> Report | None:
        """What it says of the attempt that it calls so; None where that is none of the shop's. Raises
        `GatewayUnavailable`.
        """
        ...

    async def cancel(self, payment: Payment) -> Report:
        """Make sure that the current attempt takes no money any more.

        MUST let go what is held, and answer `voided` (also for an attempt it never saw: a later `begin` under that key
        is then refused as voided), or the state it reached before, such as `succeeded`. `failed` MUST mean that nobody
        can pay it any more, whatever page of it is open. Raises `GatewayUnavailable`.
        """
        ...

    async def capture(self, payment: Payment) -> Report:
        """Take what is held for the current attempt (`authorized`): `payment.capturing` of it, and let the rest go; all
        of it where that is None.

        MUST take it at most once, however often and concurrently it is called. Answers the state that was reached, such
        as `voided` where it had been let go. Raises `CaptureRefused` where it took nothing and holds the money still,
        such as for an amount that it cannot take; `PaymentNotFound` for an attempt that it never saw, and
        `GatewayUnavailable`.
        """
        ...

    async def refund(self, payment: Payment, refund_id: RefundId, amount: Money) -> RefundReport:
        """Give back `amount` under the key `refund_id`, at most once per key. Raises `GatewayUnavailable`."""
        ...

    def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """Everything that it moved from `since` to before `until`, each once, in any order: what the shop asked for,
        and what was done at the gateway by somebody else. Nothing that only was held, declined or cancelled.

        Raises `GatewayUnavailable` rather than end early.
        """
        ...

    async def movements_of(self, payment: Payment) -> Sequence[Movement]:
        """The same of one payment, whenever it moved and in whatever attempt that the shop knows the name of. Raises
        `GatewayUnavailable`.
        """
        ...

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        """Check the signature over the raw body, then decode it. Raises `BadSignature` before it reads anything."""
        ...


class MethodKeeper(Protocol):
    """A gateway that keeps payment methods for customers who have agreed to it. Never called in a transaction.

    What it takes money with is a method that nobody has, or one of the payment's own wallet: MUST refuse one that is in
    another wallet, as an attempt that has failed.
    """

    @property
    def name(self) -> str:
        """The gateway's."""
        ...

    async def open(self, customer_id: CustomerId) -> str:
        """A wallet for the customer; answers what the gateway calls it. Raises `GatewayUnavailable`.

        Asked again within a day it MUST answer the same. Later it MAY open another, and the first one stays empty.
        """
        ...

    async def methods(self, reference: str) -> Sequence[SavedMethod]:
        """What is in it, the newest first; nothing in one that is closed. Raises `GatewayUnavailable`."""
        ...

    async def drop(self, reference: str, method: str) -> None:
        """Take a method out: nobody pays with it any more. Raises `MethodNotFound` for one that is not in this wallet,
        and `GatewayUnavailable`.
        """
        ...

    async def close(self, reference: str) -> None:
        """Forget the wallet with all that is in it. One that is closed stays so. Raises `GatewayUnavailable`."""
        ...

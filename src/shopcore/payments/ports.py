"""What payments need: gateways, a store, a ledger and an inbox."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from shopcore.kernel.ids import CustomerId, OrderId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.model import (
    Account,
    DisputeNews,
    HandPayment,
    JournalEntry,
    Movement,
    Payment,
    PaymentState,
    PaymentTotal,
    Reconciliation,
    RefundNews,
    Report,
    SavedMethod,
    Switch,
    Total,
    Wallet,
)


class RefundReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of a refund; `done` is None while it is under way, `is_by_hand` where a person gives it back,
    and says so: there is no use in asking again.
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
        is then refused as voided), or the state it reached before, such as `succeeded`. Raises `GatewayUnavailable`.
        """
        ...

    async def capture(self, payment: Payment) -> Report:
        """Take what is held for the current attempt (`authorized`): `payment.capturing` of it, and let the rest go; all
        of it where that is None.

        MUST take it at most once, however often and concurrently it is called. Answers the state that was reached, such
        as `voided` where it had been let go. Raises `PaymentNotFound` for an attempt that it never saw, and
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


class Wallets(Protocol):
    """What the gateways call the wallets of customers."""

    async def add(self, wallet: Wallet) -> Wallet:
        """Write it down, and answer it; if the customer has one at this gateway, leave that and answer it."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Wallet]:
        """All of one customer's, by gateway."""
        ...

    async def remove_all(self, customer_id: CustomerId) -> None:
        """Forget them. A no-op where there are none."""
        ...


class Switches(Protocol):
    """Which gateways staff have switched off, seen by every process within a second or so."""

    async def everything(self) -> Sequence[Switch]:
        """The last word about each that was ever switched, by name."""
        ...

    async def put(self, switch: Switch) -> None:
        """Say it of a gateway, in the place of what was said before."""
        ...


class Payments(Protocol):
    """Payments by id and by order."""

    async def add(self, payment: Payment) -> None:
        """Store a new payment; a known id is a no-op."""
        ...

    async def update(self, payment_id: PaymentId, change: Callable[[Payment], Payment]) -> Payment:
        """As `Orders.update`; raises `PaymentNotFound`."""
        ...

    async def get(self, payment_id: PaymentId) -> Payment:
        """Raises `PaymentNotFound`."""
        ...

    async def of_order(self, order_id: OrderId) -> Payment | None:
        """The payment of an order; None when it needs none."""
        ...

    async def open_since(self, before: datetime, limit: int) -> Sequence[PaymentId]:
        """Payments that may still take money and were not heard of since `before`, oldest first. Those that are quiet
        until some time count as heard of then.
        """
        ...


class HandPayments(Protocol):
    """Attempts to pay by transfer or at the door, by their keys, as staff have them."""

    async def get(self, key: str) -> HandPayment | None:
        """None for one that was never begun."""
        ...

    async def change(self, key: str, change: Callable[[HandPayment | None], HandPayment]) -> HandPayment:
        """Put what `change` makes of it, None if it is not there, in its place, and count `version` up.

        MUST be atomic: of two writers the second sees what the first has made. Nothing changed, nothing is written.
        """
        ...

    async def moved(self, since: datetime, until: datetime) -> Sequence[HandPayment]:
        """Each of which something moved (`moments_of`) from `since` to before `until`; others MAY be among them."""
        ...


class PaymentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which payments a report is about: those begun from `since` on, and before `until`, both whole seconds."""

    since: datetime
    until: datetime
    gateway: str | None = None
    state: PaymentState | None = None


class PaymentList(Protocol):
    """Payments as staff look through them. MAY be some seconds old."""

    async def page(self, wanted: PaymentFilter, after: Position | None, limit: int) -> Slice[Payment]:
        """The newest first, without what only the buyer may know."""
        ...

    async def totals(self, wanted: PaymentFilter) -> Sequence[PaymentTotal]:
        """All of them summed up, by gateway, state and currency, in that order."""
        ...


class Ledger(Protocol):
    """Append-only double-entry books."""

    async def post(self, *entries: JournalEntry) -> None:
        """Append, in the transaction in progress and in this order; one whose key is known is passed over.

        Raises `Unbalanced`, and appends none of them, if one does not sum to zero in every currency.
        """
        ...

    async def entries_of(self, order_id: OrderId) -> Sequence[JournalEntry]:
        """Everything posted for one order, oldest first."""
        ...

    async def balance(self, account: Account, order_id: OrderId | None = None) -> Mapping[str, Money]:
        """Debits less credits of an account, by currency: of one order, or of all."""
        ...

    async def entries_at(self, gateway: str, since: datetime, until: datetime) -> Sequence[JournalEntry]:
        """What was posted of money at one gateway from `since` to before `until`, oldest first; never what is stale."""
        ...

    async def totals(self, since: datetime, until: datetime) -> Sequence[Total]:
        """What was posted from `since` to before `until`, by account, gateway and currency, in that order, None first.

        A sum of nothing may be left out. It may be some seconds old.
        """
        ...


class Inbox(Protocol):
    """Webhooks, stored before anything is done about them."""

    async def store(self, event: GatewayEvent, at: datetime) -> bool:
        """Keep it, in the transaction in progress; False, and nothing stored, when its id was seen already."""
        ...

    async def get(self, gateway: str, event_id: str) -> GatewayEvent | None:
        """A stored event."""
        ...


class Reconciliations(Protocol):
    """Comparisons of gateways with the books, those that are asked for too."""

    async def put(self, run: Reconciliation) -> None:
        """Add it, or replace the one of its id."""
        ...

    async def get(self, run_id: str) -> Reconciliation:
        """Raises `ReconciliationNotFound`."""
        ...

    async def page(self, after: Position | None, limit: int) -> Slice[Reconciliation]:
        """The newest first, by id, which sorts by time; after the position of the last one of the page before."""
        ...

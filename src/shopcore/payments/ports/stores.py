"""What is kept of payments: themselves, the books, and what gateways told."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from shopcore.kernel.ids import CustomerId, OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.model import (
    Account,
    HandPayment,
    JournalEntry,
    Payment,
    PaymentState,
    PaymentTotal,
    Reconciliation,
    Standing,
    Switch,
    Total,
    Wallet,
)
from shopcore.payments.ports.gateways import Aside, GatewayEvent


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

    async def known(self, payment_ids: Collection[PaymentId]) -> Sequence[Payment]:
        """Those of them that there are, by id, in one look-up."""
        ...

    async def of_order(self, order_id: OrderId) -> Payment | None:
        """The payment of an order; None when it needs none."""
        ...

    async def open_since(self, before: datetime, limit: int) -> Sequence[tuple[PaymentId, datetime]]:
        """Payments that may still take money and were not heard of since `before`, oldest first, each with when it was
        heard of. Those that are quiet until some time count as heard of then.

        MUST NOT read what is sealed of them: one that cannot be read keeps no others from being found.
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
        """Append, in the transaction in progress and in this order; one whose key is known is passed over. What is of
        more than two days ago, whoever posts it has to add to what was summed up (`with_late`), in that transaction.

        Raises `Unbalanced`, and appends none of them, if one does not sum to zero in every currency.
        """
        ...

    async def entries_of(self, *order_ids: OrderId) -> Sequence[JournalEntry]:
        """Everything posted for these orders, in one look-up: order by order by their ids, of each the oldest first."""
        ...

    async def posted(self, entries: Collection[JournalEntry]) -> frozenset[str]:
        """The keys of those that were posted, in one look-up; never what is stale."""
        ...

    async def balance(self, account: Account, order_id: OrderId | None = None) -> Mapping[str, Money]:
        """Debits less credits of an account, by currency: of one order, or of all."""
        ...

    async def entries_at(
        self, gateway: str, since: datetime, until: datetime, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """What was posted of money at one gateway from `since` to before `until`, oldest first, of many the first
        `limit`; never what is stale.
        """
        ...

    async def totals(self, since: datetime, until: datetime, *, fresh: bool = False) -> Sequence[Total]:
        """What was posted from `since` to before `until`, by account, gateway, currency and whether it was a sale, in
        that order, None and False first.

        A sum of nothing may be left out. It takes as long as it needs, and may be some seconds old; a `fresh` one never
        is, and raises `Unavailable` where it takes longer than a look-up may. In a unit of work it is what that sees,
        and nobody else may be able to write until it is summed.
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

    async def set_aside(self, *asides: Aside) -> None:
        """Mark stored events, in the transaction in progress, or change when to look at them. One that is not stored,
        or was received at another moment, is passed over.
        """
        ...

    async def take_up(self, *asides: Aside) -> None:
        """Take their marks away, in the transaction in progress. One that has none stays as it is."""
        ...

    async def aside(self, gateway: str, event_id: str) -> Aside | None:
        """The mark of an event; None where it has none, or is not stored."""
        ...

    async def to_look_at(self, now: datetime, limit: int) -> Sequence[Aside]:
        """Those set aside whose time has come, the longest due first. MUST NOT walk over events that are not due."""
        ...

    async def all_aside(self, after: Position | None, limit: int) -> Slice[Aside]:
        """Those set aside, the last received first. MUST NOT walk over events that are not."""
        ...

    async def forget(self, before: datetime, limit: int, kept: Collection[tuple[str, str]] = ()) -> int:
        """Remove those stored before that, the oldest first and at most so many, but none of these (gateway and event
        id); answers how many.
        """
        ...


class Reconciliations(Protocol):
    """Comparisons of gateways with the books, those that are asked for too."""

    async def put(self, run: Reconciliation) -> None:
        """Add it, or replace the one of its id."""
        ...

    async def get(self, run_id: str) -> Reconciliation:
        """Raises `ReconciliationNotFound`."""
        ...

    async def standing(self) -> Standing:
        """What holds from one to the next; that of a shop in which none was made, if none was put."""
        ...

    async def put_standing(self, standing: Standing) -> None:
        """Replace it, in the transaction in progress: of two who have read the same one, the second MUST do so anew."""
        ...

    async def page(self, after: Position | None, limit: int) -> Slice[Reconciliation]:
        """The newest first, by id, which sorts by time; after the position of the last one of the page before."""
        ...

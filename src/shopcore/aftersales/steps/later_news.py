"""What happens to money that was taken and given back long ago."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.aftersales.model.asking import asking_about
from shopcore.aftersales.model.books import by_the_books
from shopcore.aftersales.model.entries import dispute_lost, dispute_won, disputed, refund_undone
from shopcore.kernel.events import Events
from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.jobs import Jobs
from shopcore.ordering.events import RefundCameBack
from shopcore.ordering.model import Order, RefundStatus, note, take_refund_back
from shopcore.ordering.ports import Orders
from shopcore.payments.model import Dispute, DisputeState, JournalEntry, Payment, charge_of, take_dispute_in, with_tax
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeLaterNews:
    """Takes in what happens to money that was taken and given back long ago, inside one unit of work."""

    payments: Payments
    orders: Orders
    ledger: Ledger
    events: Events
    jobs: Jobs

    async def refund(self, payment_id: PaymentId, refund_id: RefundId, at: datetime, *, is_back: bool) -> None:
        """A refund that was done and came back is posted back. One that is still asked for is asked about now, by the
        job that settles it: what an event says of it may be old.
        """
        payment = await self.payments.get(payment_id)
        refunds = (await self.orders.get(payment.order_id)).refunds
        refund = next((known for known in refunds if known.id == refund_id), None)
        if refund is not None and refund.status is RefundStatus.REQUESTED:
            await self.jobs.enqueue(asking_about(payment.order_id, refund.id, f"told/{at.isoformat()}"))
        if not is_back or refund is None or refund.status is not RefundStatus.DONE:
            return
        known = await self.ledger.entries_of(payment.order_id)
        undone = with_tax(refund_undone(payment, refund, at), known)
        await self.orders.update(
            payment.order_id, lambda held: by_the_books(take_refund_back(held, refund_id, at=at), [*known, undone])
        )
        await self.ledger.post(undone)
        came_back = RefundCameBack(at=at, order_id=payment.order_id, refund_id=refund.id)
        await self.events.publish(came_back)

    async def dispute(
        self, payment_id: PaymentId, dispute: Dispute, attempt: int | None, at: datetime, by: str
    ) -> None:
        """Monotonic, as `SettlePayment`: whoever hears of the decision only has missed nothing. `attempt` is that whose
        charge it is about.
        """
        seen: list[Payment] = []

        def dispute_of(held: Payment) -> Dispute:
            return msgspec.structs.replace(dispute, attempt=charge_of(held, attempt))

        def take_in(held: Payment) -> Payment:
            seen.append(held)
            return take_dispute_in(held, dispute_of(held), at)

        payment = await self.payments.update(payment_id, take_in)
        if payment.disputes == seen[-1].disputes:
            return
        dispute = next(each for each in payment.disputes if each.id == dispute.id)
        known: Sequence[JournalEntry] = ()
        posted = [disputed(payment, dispute, at)]
        match dispute.state:
            case DisputeState.WON:
                posted.append(dispute_won(payment, dispute, at))
            case DisputeState.LOST:
                known = await self.ledger.entries_of(payment.order_id)
                posted.append(with_tax(dispute_lost(payment, dispute, at), known))
            case DisputeState.OPEN:
                pass
        await self.ledger.post(*posted)
        event = {DisputeState.OPEN: "disputed"}.get(dispute.state, f"dispute_{dispute.state}")

        def tell(held: Order) -> Order:
            told = note(held, event, at=at, by=by)
            return by_the_books(told, [*known, *posted]) if dispute.state is DisputeState.LOST else told

        await self.orders.update(payment.order_id, tell)

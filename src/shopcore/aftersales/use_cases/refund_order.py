"""Promise a customer money back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopcore.aftersales.model.books import paid_and_kept
from shopcore.aftersales.model.refunds import WantedLine, check_restock, checked_reason, refund_lines
from shopcore.aftersales.steps import check_step
from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.events import Events
from shopcore.kernel.ids import Ids, OrderId, RefundId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import NothingToRefund
from shopcore.ordering.events import RefundRequested
from shopcore.ordering.model import Order, Refund, refundable, request_refund
from shopcore.ordering.ports import Orders
from shopcore.payments.ports import Ledger, PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundOrder:
    """Write down that an amount is to go back, never more than was paid and is there; a job asks the gateway."""

    orders: Orders
    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    ledger: Ledger
    events: Events
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        *,
        order_id: OrderId,
        reason: str,
        amount: Money | None = None,
        lines: Sequence[WantedLine] | None = None,
        restock: bool = False,
    ) -> Order:
        """Staff with `orders:refund` who have just signed in. An `amount`, or what was paid for the `lines` (with an
        amount, that instead); without either, all that is left.

        An empty list is not all lines. `restock` says that the lines came back, or without lines all its goods.
        Raises `StepUpRequired`, `OrderNotFound`, `NothingToRefund`, `AmountNotSupported` for a sum that the gateway has
        not, or `InvalidInput` for no reason or one that is too long, an amount that is not above zero or in another
        currency, lines that are none or that the order has not, and goods that come back unsent or a second time.
        """
        permit(actor, "orders:refund")
        require_step_up(actor, self.clock.now())
        _check(reason, amount, lines)
        refund_id, now, by = RefundId(self.ids.new()), self.clock.now(), name_of(actor)

        async def work() -> Order:
            order = await self.orders.get(order_id)
            payment = await self.payments.of_order(order_id)
            paid = paid_and_kept(order, payment, await self.ledger.entries_of(order_id))
            if payment is None:
                raise NothingToRefund
            _check_currency(amount, paid)
            chosen, worth = refund_lines(order, lines or ())
            if restock:
                check_restock(order, chosen)
            refund = Refund(
                id=refund_id,
                payment_id=payment.id,
                amount=amount or (worth if lines else refundable(order, paid)),
                reason=reason,
                requested_at=now,
                restock=restock,
                lines=chosen,
            )
            check_step(self.gateways, payment, refund.amount, "lines" if lines and not amount else "amount")
            changed = await self.orders.update(order_id, lambda held: request_refund(held, refund, paid, by))
            await self.events.publish(RefundRequested(at=now, order_id=order_id, refund_id=refund_id))
            await self.audit.record(actor, "order.refund", order_id, before={}, after={"amount": str(refund.amount)})
            return changed

        return await self.unit_of_work(work)


def _check(reason: str, amount: Money | None, lines: Sequence[WantedLine] | None) -> None:
    if not checked_reason(reason).strip():
        raise InvalidInput.of("reason", "required", "must not be empty")
    if amount is not None and amount.amount <= 0:
        raise InvalidInput.of("amount", "out_of_range", "must be more than zero")
    if lines is not None and not lines:
        raise InvalidInput.of("lines", "required", "must name a line, or be left out")


def _check_currency(amount: Money | None, paid: Money) -> None:
    if amount is not None and amount.currency != paid.currency:
        raise InvalidInput.of("amount/currency", "wrong_currency", f"must be {paid.currency}, which was paid")

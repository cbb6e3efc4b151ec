"""Try to pay an order again after a failure."""

from dataclasses import dataclass

from shopcore.checkout.model import PaymentChoice, Reply, country_of, fingerprint_of, waits_until
from shopcore.checkout.ports import OwnOrder
from shopcore.checkout.steps.find_wallet import FindWallet
from shopcore.checkout.steps.keyed_requests import KeyedRequests
from shopcore.checkout.steps.pay_order import PayOrder
from shopcore.idempotency.model import Claim, scope
from shopcore.kernel.actor import Actor, Own, name_of, require_scope
from shopcore.kernel.errors import ShopError
from shopcore.kernel.ids import Ids, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import TransitionRefused
from shopcore.ordering.model import Act, Order, OrderStatus, await_payment
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import Payment, PaymentState, try_again
from shopcore.payments.ports import Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPayment:
    """A new attempt, with another method if the buyer likes, after the last one; one that waits is stopped first."""

    keyed: KeyedRequests
    own_order: OwnOrder
    orders: Orders
    payments: Payments
    pay_order: PayOrder
    find_wallet: FindWallet
    unit_of_work: UnitOfWork
    ids: Ids

    async def __call__(
        self,
        actor: Actor,
        *,
        order_id: OrderId,
        choice: PaymentChoice,
        key: str | None = None,
        fingerprint: str | None = None,
    ) -> Reply:
        """Whose order it is may, and staff with `payments:write`. Raises `OrderNotFound`, `KeyReused`,
        `RequestInProgress`, `Unavailable`.

        Refusals that are replies: `PaymentNotRetryable`, `PaymentUnderWay`, `UnknownGateway`, `InvalidInput` for a
        return address, or `TransitionRefused` for an order that is not to be paid.
        """
        require_scope(actor, Own.CHECKOUT)
        order = await self.own_order(actor, order_id, "payments:write")
        name = scope(order.id, "payment", key or self.ids.new())
        wanted = self.keyed.wanted(name, fingerprint or fingerprint_of(choice), {"order": order.id})
        claim = await self.keyed.known(wanted)
        if claim is not None and claim.outcome is not None:
            return self.keyed.replay(claim)
        is_new = False
        if claim is None or claim.point == "claimed":
            claim = claim or wanted
            try:
                is_new = await self._begin(actor, order, choice, claim)
            except ShopError as error:
                return await self.keyed.refuse(claim, error)
        payment = await self.payments.of_order(order.id)
        return await self.pay_order(claim, payment, name_of(actor), None, is_new=is_new)

    async def _begin(self, actor: Actor, order: Order, choice: PaymentChoice, claim: Claim) -> bool:
        """Whether the attempt is new: nobody has asked for it yet."""
        asking = self.pay_order.gateway
        gateways = asking.choose(choice, order.totals.total, country_of(order), await asking.off())
        asking.check(choice)
        wallet = await self.find_wallet(actor, choice)
        await self.pay_order.stop_waiting(order, name_of(actor))
        now = self.keyed.clock.now()

        def next_attempt(payment: Payment) -> Payment:
            # One that was written down but never begun (a crash in between) is begun, not counted up.
            if payment.state is PaymentState.REQUIRES_PAYMENT:
                return payment
            return try_again(payment, gateways, choice.method, choice.return_url, now, wallet=wallet, saves=choice.save)

        def waiting(held: Order) -> Order:
            return waits_until(await_payment(held, now, name_of(actor)), gateways, asking.patience, now)

        async def work() -> bool:
            await self.keyed.claim_anew(claim)
            status = (await self.orders.get(order.id)).status
            payment = await self.payments.of_order(order.id)
            if payment is None:
                raise PaymentNotFound
            if status is not OrderStatus.PENDING:
                raise TransitionRefused(Act.PAY, status)
            is_new = (await self.payments.update(payment.id, next_attempt)).attempt != payment.attempt
            if is_new:
                await self.orders.update(order.id, waiting)
            await self.keyed.reach(claim, "placed")
            return is_new

        return await self.unit_of_work(work)

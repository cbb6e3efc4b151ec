"""Turn a cart into an order and begin its payment, exactly once per key, through any crash."""

from dataclasses import dataclass

from shopcore.checkout.model import CheckOutCommand, Reply, fingerprint_of, key_owner
from shopcore.checkout.steps.agree_on_quote import AgreeOnQuote
from shopcore.checkout.steps.choose_paying import ChoosePaying
from shopcore.checkout.steps.keyed_requests import KeyedRequests, Unclaimed
from shopcore.checkout.steps.pay_order import PayOrder
from shopcore.checkout.steps.place_order import Paying, PlaceOrder
from shopcore.idempotency.errors import RequestInProgress
from shopcore.idempotency.model import Claim, scope
from shopcore.inventory.ports import Reservations
from shopcore.kernel.actor import Actor, Own, name_of, require_scope
from shopcore.kernel.errors import ShopError, Unavailable
from shopcore.kernel.ids import Ids, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Payment


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOut:
    """Three phases: place the order in one transaction, ask the gateway outside of any, record the outcome in another.

    The claim under the key holds the ids made beforehand and how far it got, so whoever resumes uses the same.
    """

    keyed: KeyedRequests
    agree: AgreeOnQuote
    reservations: Reservations
    place_order: PlaceOrder
    pay_order: PayOrder
    choose_paying: ChoosePaying
    unit_of_work: UnitOfWork
    ids: Ids

    async def __call__(
        self, actor: Actor, *, command: CheckOutCommand, key: str, fingerprint: str | None = None
    ) -> Reply:
        """A customer may, and whoever holds a guest cart's token. The same idempotency `key` gets the same reply.

        Refusals such as `OutOfStock`, `PriceChanged`, `CartEmpty`, `CheckoutIncomplete`, or `CartChanged` where another
        writer came between quote and order, are replies too, and kept. Raises `KeyReused`, `RequestInProgress`,
        `Unavailable`.
        """
        require_scope(actor, Own.CHECKOUT)
        require_scope(actor, Own.CART)
        fresh = dict.fromkeys(("order", "payment"), self.ids.new())  # an order has one payment, which goes by its id
        name = scope(key_owner(actor), "checkout", key)
        wanted = self.keyed.wanted(name, fingerprint or fingerprint_of(command), fresh)
        return await self.keyed.answer(
            wanted, lambda claim: self._new(actor, command, claim), lambda claim: self._resumed(actor, claim)
        )

    async def _resumed(self, actor: Actor, claim: Claim) -> Reply:
        order_id = OrderId(claim.ids["order"])
        payment = await self.pay_order.payments.of_order(order_id)
        order_token = await self.place_order.token_again(order_id)
        return await self.pay_order(claim, payment, name_of(actor), order_token, is_new=False)

    async def _new(self, actor: Actor, command: CheckOutCommand, claim: Claim) -> Reply:
        try:
            paying = await self.choose_paying(actor, command.payment)
        except ShopError as error:
            raise Unclaimed(error) from error
        try:
            payment = await self._place(actor, command, claim, paying)
        except ShopError as error:
            return await self.keyed.refuse(claim, error)
        order_token = self.place_order.token(OrderId(claim.ids["order"]))
        return await self.pay_order(claim, payment, name_of(actor), order_token, is_new=True)

    async def _place(self, actor: Actor, command: CheckOutCommand, claim: Claim, paying: Paying) -> Payment | None:
        """Claim, quote, reserve, place. Where the store cannot do that in one transaction, a refusal lets go of the
        stock that no order owns: whoever has taken this request over may have placed it by now.
        """
        order_id, now = OrderId(claim.ids["order"]), self.keyed.clock.now()
        agreed = payment = None

        async def agree() -> None:
            nonlocal agreed
            agreed = await self.agree(actor, command, order_id)

        async def place() -> None:
            nonlocal payment
            assert agreed is not None
            await self.reservations.claim(order_id, now)
            payment = await self.place_order(*agreed, claim, paying, now, name_of(actor))
            await self.keyed.reach(claim, "placed")

        try:
            await self.unit_of_work.in_order(lambda: self.keyed.claim_first(claim), agree, place)
        except (Unavailable, RequestInProgress):
            raise  # the same request goes on with what is held; if it never comes, that lapses by itself
        except ShopError:
            await self.reservations.let_go(order_id, now)
            raise
        return payment

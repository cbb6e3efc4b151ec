"""Turn a cart into an order and begin its payment, exactly once per key, through any crash."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.checkout.model import CheckOutCommand, Reply, country_of, fingerprint_of, key_owner
from shopcore.checkout.steps.agree_on_quote import AgreeOnQuote
from shopcore.checkout.steps.find_wallet import FindWallet
from shopcore.checkout.steps.keyed_requests import KeyedRequests
from shopcore.checkout.steps.pay_order import PayOrder
from shopcore.checkout.steps.place_order import Paying, PlaceOrder
from shopcore.idempotency.errors import RequestInProgress
from shopcore.idempotency.model import Claim, scope
from shopcore.inventory.ports import Reservations
from shopcore.kernel.actor import Actor, Own, name_of, require_scope
from shopcore.kernel.errors import ShopError, Unavailable
from shopcore.kernel.ids import Ids, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import Order
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
    find_wallet: FindWallet
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
        claim = await self.keyed.known(wanted)
        if claim is not None and claim.outcome is not None:
            return self.keyed.replay(claim)
        claim = claim or wanted
        is_new, order_id = claim.point == "claimed", OrderId(claim.ids["order"])
        if not is_new:
            payment = await self.pay_order.payments.of_order(order_id)
            order_token = await self.place_order.token_again(order_id)
        else:
            try:
                payment = await self._place(actor, command, claim)
            except ShopError as error:
                return await self.keyed.refuse(claim, error)
            order_token = self.place_order.token(order_id)
        return await self.pay_order(claim, payment, name_of(actor), order_token, is_new=is_new)

    async def _place(self, actor: Actor, command: CheckOutCommand, claim: Claim) -> Payment | None:
        """Quote, reserve, place. Where the store cannot do that in one transaction, a refusal lets go of the stock that
        no order owns: whoever has taken this request over may have placed it by now.
        """
        asking, choice, order_id = self.pay_order.gateway, command.payment, OrderId(claim.ids["order"])
        asking.check(choice)
        off, wallet, now = await asking.off(), await self.find_wallet(actor, choice), self.keyed.clock.now()
        agreed = payment = None

        async def agree() -> None:
            nonlocal agreed
            agreed = await self.agree(actor, command, order_id)

        def gateways(order: Order) -> Sequence[str]:
            return asking.choose(choice, order.totals.total, country_of(order), off)

        async def place() -> None:
            nonlocal payment
            assert agreed is not None
            await self.reservations.claim(order_id, now)
            payment = await self.place_order(*agreed, claim, Paying(choice, gateways, wallet), now, name_of(actor))
            await self.keyed.reach(claim, "placed")

        try:
            await self.unit_of_work.in_order(lambda: self.keyed.claim_anew(claim), agree, place)
        except (Unavailable, RequestInProgress):
            raise  # the same request goes on with what is held; if it never comes, that lapses by itself
        except ShopError:
            await self.reservations.let_go(order_id, now)
            raise
        return payment

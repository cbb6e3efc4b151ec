"""Turn a cart into an order and begin its payment, exactly once per key, through any crash."""

from dataclasses import dataclass

import msgspec

from shopcore.cart.errors import CartChanged, CartEmpty, CartNotFound
from shopcore.cart.model import Cart
from shopcore.cart.ports import Carts
from shopcore.checkout.errors import CheckoutIncomplete
from shopcore.checkout.model import (
    CheckedOut,
    CheckOutCommand,
    Reply,
    checked,
    completed,
    fingerprint_of,
    require_total,
    stock_lines,
)
from shopcore.checkout.ports import Pricing
from shopcore.checkout.steps import KeyedRequests, PayOrder, PlaceOrder
from shopcore.idempotency.model import Claim, scope
from shopcore.inventory.errors import OutOfStock
from shopcore.inventory.model import hold
from shopcore.inventory.ports import Reservations
from shopcore.kernel.actor import Actor, Customer, Guest, name_of
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.errors import ShopError
from shopcore.kernel.ids import Ids, OrderId
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.model import Quote

_PATIENCE = 5  # tries while somebody keeps changing the cart; then the buyer is told


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOut:
    """Three phases: place the order in one transaction, ask the gateway outside of any, record the outcome in another.

    The claim under the key holds the ids made beforehand and how far it got, so whoever resumes uses the same.
    """

    keyed: KeyedRequests
    carts: Carts
    emails: EmailAddresses
    pricing: Pricing
    reservations: Reservations
    place_order: PlaceOrder
    pay_order: PayOrder
    unit_of_work: UnitOfWork
    ids: Ids

    async def __call__(
        self, actor: Actor, *, command: CheckOutCommand, key: str, fingerprint: str | None = None
    ) -> Reply:
        """Whoever holds the cart's token may. `key` is the caller's idempotency key; the same one gets the same reply.

        Refusals such as `OutOfStock`, `PriceChanged`, `CartEmpty` or `CheckoutIncomplete` are replies too, and kept.
        Raises `KeyReused`, `RequestInProgress`, `Unavailable`.
        """
        token = _token(actor)
        fresh = {"order": self.ids.new(), "payment": self.ids.new()}
        wanted = self.keyed.wanted(
            scope(token_hash(token), "checkout", key), fingerprint or fingerprint_of(command), fresh
        )
        claim = await self.keyed.known(wanted)
        if claim is not None and claim.outcome is not None:
            return self.keyed.replay(claim)
        if claim is None or claim.point == "claimed":
            claim = claim or wanted
            try:
                await self._place_unchanged(actor, token, command, claim)
            except ShopError as error:
                return await self.keyed.refuse(claim, error)
        return await self.pay_order(claim, name_of(actor), self._result)

    async def _place_unchanged(self, actor: Actor, token: str, command: CheckOutCommand, claim: Claim) -> None:
        """Phase one, once more where another writer changed the cart between its quote and its order."""
        for _ in range(_PATIENCE):
            try:
                return await self._place(actor, token, command, claim)
            except CartChanged:
                continue
        raise CartChanged

    async def _place(self, actor: Actor, token: str, command: CheckOutCommand, claim: Claim) -> None:
        """Quote, reserve, place. Where the store cannot do that in one transaction, a refusal gives the stock back."""
        gateway = self.pay_order.gateway.choose(command.payment)
        cart = await self._cart(actor, token, command)
        priced = await self.pricing(cart)
        if priced.missing:
            raise CheckoutIncomplete(priced.missing)
        quote = priced.quote
        require_total(quote, command.expected_total)
        now = self.keyed.clock.now()
        order_id = OrderId(claim.ids["order"])

        async def place() -> None:
            await self.reservations.claim(order_id, now)
            await self.place_order(cart, quote, claim, command.payment, gateway, now, name_of(actor))
            await self.keyed.reach(claim, "placed")

        try:
            await self.unit_of_work.in_order(
                lambda: self.keyed.claim_anew(claim), lambda: self._reserve(order_id, quote), place
            )
        except ShopError:
            await self.unit_of_work(lambda: self.reservations.release(order_id, now))
            raise

    async def _reserve(self, order_id: OrderId, quote: Quote) -> None:
        now = self.keyed.clock.now()
        try:
            await self.reservations.reserve(hold(order_id, stock_lines(quote), now), now)
        except OutOfStock as error:
            lacking = [
                (index, quoted.line.sku) for index, quoted in enumerate(quote.lines) if quoted.line.sku in error.skus
            ]
            raise OutOfStock([sku for _, sku in lacking], [f"lines/{index}/quantity" for index, _ in lacking]) from None

    async def _cart(self, actor: Actor, token: str, command: CheckOutCommand) -> Cart:
        cart = await self.carts.find_by_token(token_hash(token))
        if cart is None:
            raise CartNotFound
        if cart.ordered or not cart.lines:
            raise CartEmpty
        buying = completed(cart, checked(command, self.emails))
        if isinstance(actor, Customer):
            return msgspec.structs.replace(buying, customer_id=actor.customer_id)
        return buying

    async def _result(self, claim: Claim) -> CheckedOut:
        order = await self.place_order.orders.get(OrderId(claim.ids["order"]))
        return CheckedOut(
            order=msgspec.structs.replace(order, explanation=msgspec.Raw(b"null")),
            order_token=self.place_order.token(order.id),
            payment=await self.place_order.payments.of_order(order.id),
        )


def _token(actor: Actor) -> str:
    match actor:
        case Guest(cart_token=str(token)) | Customer(cart_token=str(token)):
            return token
        case _:
            raise CartNotFound

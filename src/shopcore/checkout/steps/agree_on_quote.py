"""From a cart to a quote that both sides stand by, with its stock reserved."""

from dataclasses import dataclass

import msgspec

from shopcore.cart.errors import CartChanged, CartEmpty, CartNotFound
from shopcore.cart.model import Cart
from shopcore.checkout.errors import CheckoutIncomplete
from shopcore.checkout.model import CheckOutCommand, checked, completed, require_total, stock_lines
from shopcore.checkout.ports import CartOfBuyer, Pricing
from shopcore.inventory.errors import OutOfStock, ReservationDiffers
from shopcore.inventory.model import hold
from shopcore.inventory.ports import Reservations
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.pricing.model import Quote


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreeOnQuote:
    """Quote what is in the cart now, hold it against what the buyer expects, and reserve the stock.

    It reads as well as writes inside the unit of work that calls it: in the embedded store, quote and order are of one
    moment, and the reads cost no change of threads.
    """

    cart_of: CartOfBuyer
    emails: EmailAddresses
    pricing: Pricing
    reservations: Reservations
    clock: Clock

    async def __call__(self, actor: Actor, command: CheckOutCommand, order_id: OrderId) -> tuple[Cart, Quote]:
        """Raises `CartNotFound`, `CartEmpty`, `CheckoutIncomplete`, `PriceChanged`, `CartChanged`, and `OutOfStock`
        naming the lines.
        """
        cart = await self._cart(actor, command)
        priced = await self.pricing(cart)
        if priced.missing:
            raise CheckoutIncomplete(priced.missing)
        require_total(priced.quote, command.expected_total)
        await self._reserve(order_id, priced.quote)
        return cart, priced.quote

    async def _cart(self, actor: Actor, command: CheckOutCommand) -> Cart:
        cart = await self.cart_of.find(actor)
        if cart is None:
            raise CartEmpty if isinstance(actor, Customer) else CartNotFound
        if cart.ordered or not cart.lines:
            raise CartEmpty
        buying = completed(cart, checked(command, self.emails))
        if isinstance(actor, Customer):
            return msgspec.structs.replace(buying, customer_id=actor.customer_id)
        return buying

    async def _reserve(self, order_id: OrderId, quote: Quote) -> None:
        now = self.clock.now()
        try:
            await self.reservations.reserve(hold(order_id, stock_lines(quote), now), now)
        except ReservationDiffers:
            # A crash fell between this and the order, and the cart was changed before the same request came again.
            raise CartChanged from None
        except OutOfStock as error:
            lacking = [
                (index, quoted.line.sku) for index, quoted in enumerate(quote.lines) if quoted.line.sku in error.skus
            ]
            raise OutOfStock([sku for _, sku in lacking], [f"lines/{index}/quantity" for index, _ in lacking]) from None

"""Show how a cart can be sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor
from shopcore.shopping.model import ShippingOption
from shopcore.shopping.steps import CartOfActor, CartPricing


@dataclass(frozen=True, kw_only=True, slots=True)
class ListShippingMethods:
    """The methods that take this cart to its address, with what each costs."""

    cart_of: CartOfActor
    pricing: CartPricing

    async def __call__(self, actor: Actor) -> Sequence[ShippingOption]:
        """Whoever holds the cart's token may. Raises `CartNotFound`."""
        return await self.pricing.options(await self.cart_of(actor))

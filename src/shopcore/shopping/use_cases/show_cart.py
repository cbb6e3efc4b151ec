"""Show a cart with its totals."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor
from shopcore.shopping.model import PricedCart
from shopcore.shopping.steps import CartOfActor, CartPricing


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowCart:
    """What is in the actor's cart, what it costs today, and what it still needs."""

    cart_of: CartOfActor
    pricing: CartPricing

    async def __call__(self, actor: Actor) -> PricedCart:
        """Whoever holds the cart's token may. Raises `CartNotFound`."""
        return await self.pricing(await self.cart_of(actor))

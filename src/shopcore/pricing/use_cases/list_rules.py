"""Read the rules of shipping and tax."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.pricing.model import PricingRules
from shopcore.pricing.ports import ShippingMethods, TaxRates


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRules:
    """Staff with `pricing:read` see the shipping methods and tax rates."""

    shipping_methods: ShippingMethods
    tax_rates: TaxRates

    async def __call__(self, actor: Actor) -> PricingRules:
        """All of them, in the order of the ports."""
        permit(actor, "pricing:read")
        return PricingRules(
            shipping_methods=tuple(await self.shipping_methods.everything()),
            tax_rates=tuple(await self.tax_rates.everything()),
        )

"""Take a way to send off the list."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.model import figures
from shopcore.pricing.ports import ShippingMethods


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveShippingMethod:
    """Staff with `pricing:write` remove a shipping method; carts that chose it have to choose again.

    Raises `RuleNotFound`.
    """

    unit_of_work: UnitOfWork
    shipping_methods: ShippingMethods
    audit: Audit

    async def __call__(self, actor: Actor, code: str) -> None:
        """Remove the method with that code."""
        permit(actor, "pricing:write")

        async def remove() -> None:
            known = {method.code: method for method in await self.shipping_methods.everything()}
            await self.shipping_methods.remove(code)
            await self.audit.record(
                actor, "remove_shipping_method", f"shipping_method:{code}", before=figures(known[code]), after={}
            )

        await self.unit_of_work(remove)

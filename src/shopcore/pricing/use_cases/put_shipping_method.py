"""Add or change a way to send."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.model import ShippingMethod, figures, problems_of
from shopcore.pricing.ports import ShippingMethods


@dataclass(frozen=True, kw_only=True, slots=True)
class PutShippingMethod:
    """Staff with `pricing:write` add a shipping method, or replace the one with its code.

    Placed orders keep the method they were quoted with. Raises `InvalidInput` naming every bad field.
    """

    unit_of_work: UnitOfWork
    shipping_methods: ShippingMethods
    audit: Audit

    async def __call__(self, actor: Actor, method: ShippingMethod) -> ShippingMethod:
        """Return the method as stored."""
        permit(actor, "pricing:write")
        if problems := problems_of(method):
            raise InvalidInput(*problems)

        async def put() -> None:
            known = {old.code: old for old in await self.shipping_methods.everything()}
            before = figures(known[method.code]) if method.code in known else {}
            await self.shipping_methods.put(method)
            await self.audit.record(
                actor, "put_shipping_method", f"shipping_method:{method.code}", before=before, after=figures(method)
            )

        await self.unit_of_work(put)
        return method

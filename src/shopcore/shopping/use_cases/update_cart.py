"""Say where a cart goes to, whose it is, and in which currency it is paid."""

from dataclasses import dataclass

import msgspec

from shopcore.cart.model import Cart, require_version, touch
from shopcore.cart.ports import Carts
from shopcore.kernel.actor import Actor
from shopcore.kernel.address import Contact, EmailAddresses, problems_of
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.money import exponent
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.errors import NotSoldInCurrency, ShippingMethodNotFound
from shopcore.shopping.model import CartChanges, PricedCart
from shopcore.shopping.steps import CartOfActor, CartPricing


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateCart:
    """Set the contact, the shipping method or the currency; what is None stays."""

    carts: Carts
    cart_of: CartOfActor
    pricing: CartPricing
    emails: EmailAddresses
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, changes: CartChanges, version: int | None = None) -> PricedCart:
        """Whoever holds the cart's token may.

        Raises `CartNotFound`, `CartChanged`, `InvalidInput` for an address or e-mail that cannot be used,
        `NotSoldInCurrency` if a line has no price in the new currency, `ShippingMethodNotFound`.
        """
        checked = self._checked(changes)
        now = self.clock.now()

        async def work() -> PricedCart:
            cart = await self.cart_of(actor)
            changed = await self.carts.update(
                cart.id, lambda held: touch(_changed(require_version(held, version), checked), now)
            )
            priced = await self.pricing(changed)
            _require_consistent(priced, checked)
            return priced

        return await self.unit_of_work(work)

    def _checked(self, changes: CartChanges) -> CartChanges:
        problems = [
            problem
            for field in ("shipping_address", "billing_address")
            if (address := getattr(changes, field)) is not None
            for problem in problems_of(address, field)
        ]
        if problems:
            raise InvalidInput(*problems)
        if changes.currency is not None:
            exponent(changes.currency)
        if changes.email is None:
            return changes
        return msgspec.structs.replace(changes, email=self.emails.normal(changes.email))


def _changed(cart: Cart, changes: CartChanges) -> Cart:
    contact = cart.contact
    return msgspec.structs.replace(
        cart,
        currency=changes.currency or cart.currency,
        shipping_method=changes.shipping_method or cart.shipping_method,
        contact=Contact(
            email=changes.email or contact.email,
            shipping_address=changes.shipping_address or contact.shipping_address,
            billing_address=changes.billing_address or contact.billing_address,
        ),
    )


def _require_consistent(priced: PricedCart, changes: CartChanges) -> None:
    """Refuse a currency or a method that this cart cannot have."""
    if changes.currency is not None:
        for line in priced.lines:
            if line.unit_price is None:
                raise NotSoldInCurrency(line.sku, changes.currency)
    if changes.shipping_method is not None and priced.quote.basis.shipping_method is None:
        raise ShippingMethodNotFound

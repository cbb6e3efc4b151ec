"""Say where a cart goes to, whose it is, and in which currency it is paid."""

from dataclasses import dataclass

import msgspec

from shopcore.cart.events import ReminderWanted
from shopcore.cart.model import Cart
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.address import Contact, EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.events import Events
from shopcore.kernel.ids import VariantId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.errors import NotSoldInCurrency, ShippingMethodNotFound
from shopcore.shopping.model import CartChanges, PricedCart, problems_of_changes
from shopcore.shopping.steps import CartPricing, ChangeCart


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateCart:
    """Set the contact, the shipping method or the currency; what is None stays."""

    change_cart: ChangeCart
    pricing: CartPricing
    emails: EmailAddresses
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, changes: CartChanges, version: int | None = None) -> PricedCart:
        """Whoever holds the cart's token may.

        Raises `CartNotFound`, `CartChanged`, `InvalidInput` for an address or e-mail that cannot be used,
        `NotSoldInCurrency` if a line has no price in the new currency, `ShippingMethodNotFound`.
        """
        checked = self._checked(actor, changes)
        now = self.clock.now()

        async def work() -> PricedCart:
            cart = await self.change_cart.cart_of(actor)
            sold = await self._sold(cart, checked)
            changed = await self.change_cart(actor, lambda held: _changed(held, checked), now, version, cart)
            priced = await self.pricing(changed)
            _require_consistent(priced, checked, sold)
            if changed.remind and not cart.remind:
                await self.events.publish(ReminderWanted(at=now, cart_id=cart.id))
            return priced

        return await self.unit_of_work(work)

    async def _sold(self, cart: Cart, changes: CartChanges) -> frozenset[VariantId]:
        """What is on sale as the cart stands: all of that needs a price in the new currency, if there is one."""
        if changes.currency is None:
            return frozenset()
        lines = (await self.pricing(cart)).lines
        return frozenset(line.line.variant_id for line in lines if line.unit_price is not None)

    def _checked(self, actor: Actor, changes: CartChanges) -> CartChanges:
        email, problems = changes.email, [*problems_of_changes(changes, is_known=isinstance(actor, Customer))]
        try:
            email = None if email is None else self.emails.normal(email)
        except InvalidInput as error:
            problems = [*error.errors, *problems]
        if problems:
            raise InvalidInput(*problems)
        return msgspec.structs.replace(changes, email=email)


def _changed(cart: Cart, changes: CartChanges) -> Cart:
    contact = cart.contact
    return msgspec.structs.replace(
        cart,
        currency=changes.currency or cart.currency,
        shipping_method=changes.shipping_method or cart.shipping_method,
        remind=cart.remind if changes.remind is None else changes.remind,
        contact=Contact(
            email=changes.email or contact.email,
            shipping_address=changes.shipping_address or contact.shipping_address,
            billing_address=changes.billing_address or contact.billing_address,
            locale=changes.locale or contact.locale,
        ),
    )


def _require_consistent(priced: PricedCart, changes: CartChanges, sold: frozenset[VariantId]) -> None:
    """Refuse a currency or a method that this cart cannot have."""
    for line in priced.lines:
        if line.unit_price is None and line.line.variant_id in sold:
            raise NotSoldInCurrency(line.sku, priced.cart.currency)
    if changes.shipping_method is not None and priced.quote.basis.shipping_method is None:
        raise ShippingMethodNotFound

"""Steps that every act on a cart shares: finding the actor's cart, and saying what it costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec

from shopcore.cart.errors import CartNotFound
from shopcore.cart.model import Cart, CartLine, give, require_version, touch
from shopcore.cart.ports import Carts
from shopcore.catalog.errors import VariantNotFound
from shopcore.catalog.model import Product, Variant
from shopcore.catalog.ports import Products, leave_out
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.ports import Accounts
from shopcore.inventory.model import StockItem
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, Customer, Guest, Own, require_scope
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId, Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.kernel.sealing import token_hash
from shopcore.pricing.model import (
    Basis,
    PricedLine,
    PricingRules,
    Quote,
    QuotedLine,
    ShippingMethod,
    applicable,
    in_force,
    quote,
    shipping_options,
    unmet,
    usable,
)
from shopcore.pricing.ports import Coupons, PriceRules
from shopcore.shopping.model import (
    Availability,
    PricedCart,
    PricedCartLine,
    SellableProduct,
    ShippingOption,
    availability_of,
    is_on_sale,
    missing_from,
    name_of,
    priced_line,
    sellable,
)

Found: TypeAlias = Mapping[VariantId, tuple[Product, Variant]]


@dataclass(frozen=True, kw_only=True, slots=True)
class CartOfActor:
    """Finds the cart that an actor may touch: a customer's own, else the guest cart whose token they hold."""

    carts: Carts

    async def __call__(self, actor: Actor) -> Cart:
        """Raises `CartNotFound` for none, somebody else's, and for a cart that is an order by now."""
        cart = await self.find(actor)
        if cart is None or cart.ordered:
            raise CartNotFound
        return cart

    async def find(self, actor: Actor) -> Cart | None:
        """The cart, ordered or not; None when the actor has none. A token opens no cart of a customer.

        Raises `InsufficientScope`.
        """
        require_scope(actor, Own.CART)
        match actor:
            case Customer(customer_id=customer_id) if own := await self.carts.find_by_customer(customer_id):
                return own
            case Guest(cart_token=str(token)) | Customer(cart_token=str(token)):
                cart = await self.carts.find_by_token(token_hash(token))
                return cart if cart is not None and cart.customer_id is None else None
            case _:
                return None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeCart:
    """Changes the cart of an actor, inside a unit of work, which gives it its whole lifetime again.

    A guest's cart that a customer changes is theirs from then on. Else whoever holds its token, as the next one at that
    machine does, would see what they put into it; their other devices would not, nor would who forgets them.
    """

    carts: Carts
    accounts: Accounts
    cart_of: CartOfActor

    async def __call__(
        self,
        actor: Actor,
        change: Callable[[Cart], Cart],
        now: datetime,
        version: int | None = None,
        found: Cart | None = None,
    ) -> Cart:
        """`found` is what `cart_of` has answered in this unit, if it was asked.

        Raises `CartNotFound`, `CartChanged` if `version` is not the cart's, and what `change` raises.
        """
        cart = found or await self.cart_of(actor)
        new_owner = actor.customer_id if isinstance(actor, Customer) and cart.customer_id is None else None
        email = None if new_owner is None else await self.email_of(new_owner)

        def changed(held: Cart) -> Cart:
            require_version(held, version)
            if held.customer_id != cart.customer_id:
                raise CartNotFound  # it has become somebody's meanwhile
            return touch(change(held if new_owner is None else give(held, new_owner, email)), now)

        return await self.carts.update(cart.id, changed)

    async def email_of(self, customer_id: CustomerId) -> str | None:
        """Where mails go unless they say otherwise; None for a customer of the library who has no account."""
        try:
            return (await self.accounts.get(customer_id)).email
        except AccountNotFound:
            return None


@dataclass(frozen=True, kw_only=True, slots=True)
class FindVariant:
    """Finds what a buyer names by variant id or by SKU."""

    products: Products

    async def __call__(self, variant_id: VariantId | None, sku: Sku | None, currency: str) -> Variant:
        """Raises `VariantNotFound` for what is unknown, not on sale, or has no price in that currency."""
        if variant_id is not None:
            found = (await self.products.find_variants([variant_id])).get(variant_id)
        elif sku is not None:
            found = (await self.products.find_skus([sku])).get(sku)
        else:
            found = None
        if found is None or not is_on_sale(*found, currency):
            raise VariantNotFound("sku" if variant_id is None and sku is not None else "variant_id")
        return found[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class CartPricing:
    """Says what a cart costs now: today's prices, stock, rules and coupons, and the pure `quote` over them."""

    products: Products
    levels: Levels
    rules: PriceRules
    coupons: Coupons
    clock: Clock

    async def __call__(self, cart: Cart) -> PricedCart:
        """The cart with its quote. Lines that are not on sale any more are shown without a price and not counted."""
        found = await self.products.find_variants([line.variant_id for line in cart.lines], leave_out)
        return await self._priced(cart, found, await self.levels.find([variant.sku for _, variant in found.values()]))

    async def to_order(self, cart: Cart) -> PricedCart:
        """For whoever is about to reserve its stock, and finds out then what there is: nobody looks at that here."""
        return await self._priced(
            cart, await self.products.find_variants([line.variant_id for line in cart.lines], leave_out), {}
        )

    async def _priced(self, cart: Cart, found: Found, stock: Mapping[Sku, StockItem]) -> PricedCart:
        quoted = await self._quote(cart, found, await self.rules.everything())
        by_variant = {line.line.variant_id: line for line in quoted.lines}
        lines = tuple(_shown(line, found.get(line.variant_id), stock, by_variant) for line in cart.lines)
        missing = missing_from(cart.contact, lines, quoted)
        return PricedCart(cart=cart, quote=quoted, lines=lines, missing=missing)

    async def _quote(self, cart: Cart, found: Found, rules: PricingRules) -> Quote:
        """The money of the lines that are on sale."""
        now = self.clock.now()
        address = cart.contact.shipping_address or cart.contact.billing_address
        country, region = (address.country, address.region) if address else (None, None)
        basis = Basis(
            currency=cart.currency,
            lines=_on_sale(cart, found),
            tax_rates=applicable(rules.tax_rates, country, region),
            country=country,
            region=region,
        )
        subtotal = Money(sum(line.unit_price.amount * line.quantity for line in basis.lines), cart.currency)
        coupons = await self.coupons.find(cart.coupon_codes) if cart.coupon_codes else ()
        discounted = msgspec.structs.replace(
            basis, coupons=tuple(coupon for coupon in coupons if usable(coupon, subtotal, now) is None)
        )
        method = _method(rules.shipping_methods, cart, discounted)
        return quote(msgspec.structs.replace(discounted, shipping_method=method))

    async def objection(self, cart: Cart, code: str) -> str | None:
        """Why the cart cannot use that coupon code, as the end of a sentence; None when it can.

        Only of a coupon in force is the reason told: the others must look like codes that do not exist.
        """
        quoted = (await self(cart)).quote
        for coupon in await self.coupons.find([code]):
            if in_force(coupon, self.clock.now()):
                return unmet(coupon, quoted.subtotal)
        return "is not a valid coupon"

    async def options(self, cart: Cart) -> tuple[ShippingOption, ...]:
        """The ways in which this cart can be sent to its address, and what each costs."""
        found = await self.products.find_variants([line.variant_id for line in cart.lines], leave_out)
        rules = await self.rules.everything()
        options = shipping_options(rules.shipping_methods, (await self._quote(cart, found, rules)).basis)
        return tuple(ShippingOption(method=method, price=fee) for method, fee in options)


def _method(methods: Sequence[ShippingMethod], cart: Cart, basis: Basis) -> ShippingMethod | None:
    """The chosen method, as long as it can take this cart to its address."""
    chosen = [method for method in methods if method.code == cart.shipping_method]
    return next((_in_currency(method, basis.currency) for method, _ in shipping_options(chosen, basis)), None)


def _in_currency(method: ShippingMethod, currency: str) -> ShippingMethod:
    """The method without the rates of other currencies: it is kept with every order, and there are many currencies."""
    return msgspec.structs.replace(method, rates={currency: method.rates[currency]})


def _on_sale(cart: Cart, found: Found) -> tuple[PricedLine, ...]:
    return tuple(
        priced_line(line, *found[line.variant_id], cart.currency)
        for line in cart.lines
        if line.variant_id in found and is_on_sale(*found[line.variant_id], cart.currency)
    )


def _shown(
    line: CartLine,
    found: tuple[Product, Variant] | None,
    stock: Mapping[Sku, StockItem],
    quoted: Mapping[VariantId, QuotedLine],
) -> PricedCartLine:
    """A line as its buyer sees it."""
    priced = quoted.get(line.variant_id)
    if found is None or priced is None:
        sku, title = (found[1].sku, name_of(*found)) if found else (Sku(""), "")
        return PricedCartLine(line=line, sku=sku, title=title, availability=Availability(in_stock=False))
    return PricedCartLine(
        line=line,
        sku=priced.line.sku,
        title=priced.line.title,
        availability=availability_of(stock.get(priced.line.sku), line.quantity),
        unit_price=priced.line.unit_price,
        line_total=priced.line_total,
    )


async def with_availability(levels: Levels, products: Sequence[Product]) -> tuple[SellableProduct, ...]:
    """Each product with what is left of its variants, from one look at the stock."""
    stock = await levels.find([variant.sku for product in products for variant in product.variants])
    return tuple(sellable(product, stock) for product in products)


def with_token(priced: PricedCart, token: str | None) -> PricedCart:
    """The cart with the secret that its opener is shown once."""
    return msgspec.structs.replace(priced, token=token)

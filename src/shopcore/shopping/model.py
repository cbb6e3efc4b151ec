"""What a buyer sees: products with what is left of them, and a cart with what it costs."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from shopcore.cart.model import Cart, CartLine
from shopcore.catalog.model import Facets, Product, ProductStatus, Variant
from shopcore.inventory.model import StockItem
from shopcore.kernel.address import Address, Contact, locale_problems, problems_of
from shopcore.kernel.errors import FieldError
from shopcore.kernel.ids import Sku
from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.kernel.money import Money
from shopcore.pricing.model import PricedLine, Quote, ShippingMethod


class Availability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether it can be had; `available` says how many, for tracked stock that may run out."""

    in_stock: bool
    available: int | None = None


class SellableProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product with the stock of its variants."""

    product: Product
    availability: dict[Sku, Availability]


class FoundProducts(msgspec.Struct, frozen=True, kw_only=True):
    """A page of search hits; `total` is exact up to 1,000 hits."""

    items: tuple[SellableProduct, ...]
    total: int
    total_is_exact: bool
    facets: Facets
    next_cursor: str | None = None


class PricedCartLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its money. One that cannot be sold any more has no price, and is no part of the totals."""

    line: CartLine
    sku: Sku
    title: str
    availability: Availability
    unit_price: Money | None = None
    line_total: Money | None = None


class PricedCart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart, what it costs now, and what it still needs before it can be ordered. `token` only when just created."""

    cart: Cart
    quote: Quote
    lines: tuple[PricedCartLine, ...]
    missing: tuple[FieldError, ...] = ()
    token: str | None = None


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A way to send this cart, and what it costs."""

    method: ShippingMethod
    price: Money


class CartChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a buyer may set on a cart; None leaves it as it is. `remind` is a customer's wish for a mail about it."""

    currency: str | None = None
    email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str | None = None
    locale: str | None = None
    remind: bool | None = None


def problems_of_changes(changes: CartChanges, *, is_known: bool) -> Iterator[FieldError]:
    """What is wrong with them, but for the e-mail address; `is_known` says whether it is a customer who changes."""
    if changes.currency is not None and changes.currency not in EXPONENTS:
        yield FieldError(field="currency", code="unknown_currency", message="must be an ISO 4217 code such as EUR")
    for field in ("shipping_address", "billing_address"):
        if (address := getattr(changes, field)) is not None:
            yield from problems_of(address, field)
    yield from locale_problems(changes.locale)
    if changes.remind and not is_known:
        message = "only who is signed in can be reminded: their mailbox is known"
        yield FieldError(field="remind", code="not_signed_in", message=message)


def availability_of(item: StockItem | None, quantity: int = 1) -> Availability:
    """What a level means to somebody who wants that many; a SKU without a level is not tracked."""
    if item is None or not item.tracked:
        return Availability(in_stock=True)
    return Availability(in_stock=item.allows(quantity), available=max(item.available, 0))


def sellable(product: Product, levels: Mapping[Sku, StockItem]) -> SellableProduct:
    """A product with what is left of its variants."""
    left = {variant.sku: availability_of(levels.get(variant.sku)) for variant in product.variants}
    return SellableProduct(product=product, availability=left)


def is_on_sale(product: Product, variant: Variant, currency: str) -> bool:
    """Whether a buyer may have it: an active product with a price in that currency."""
    return product.status is ProductStatus.ACTIVE and currency in variant.prices


def name_of(product: Product, variant: Variant) -> str:
    """How a line is called: the product, and its variant's values where there are some."""
    return f"{product.title} - {' / '.join(variant.option_values)}" if variant.option_values else product.title


def priced_line(line: CartLine, product: Product, variant: Variant, currency: str) -> PricedLine:
    """What pricing needs to know of a line that is on sale."""
    return PricedLine(
        variant_id=variant.id,
        sku=variant.sku,
        title=name_of(product, variant),
        quantity=line.quantity,
        unit_price=variant.prices[currency].price,
        weight_grams=variant.weight_grams or 0,
        requires_shipping=variant.requires_shipping,
        taxable=variant.taxable,
    )


def missing_from(contact: Contact, lines: Sequence[PricedCartLine], quoted: Quote) -> tuple[FieldError, ...]:
    """What a cart still needs before it can be ordered: the same list for the buyer to see and for the gate."""
    ships = any(line.line.requires_shipping for line in quoted.lines)
    wanted: tuple[tuple[str, bool], ...] = (
        ("email", contact.email is None),
        ("shipping_address", ships and contact.shipping_address is None),
        ("billing_address", contact.billing_address is None and contact.shipping_address is None),
        ("shipping_method", ships and quoted.basis.shipping_method is None),
    )
    return (
        *_not_on_sale(lines),
        *(
            FieldError(field=field, code="required", message="is needed before the cart can be ordered")
            for field, is_missing in wanted
            if is_missing
        ),
    )


def _not_on_sale(lines: Sequence[PricedCartLine]) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(field=f"lines/{index}", code="not_on_sale", message=f"{line.sku or 'this'} is not on sale any more")
        for index, line in enumerate(lines)
        if line.unit_price is None
    )

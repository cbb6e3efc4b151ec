"""Plain carts, orders and payments that the contracts are told with. Each is named by a word, which is its id."""

import itertools
from datetime import datetime, timedelta

import msgspec

from shopcore.cart.model import LIFETIME, Cart
from shopcore.kernel.address import Address, Contact
from shopcore.kernel.ids import CartId, OrderId, PaymentId, Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.kernel.sealing import token_hash
from shopcore.ordering.model import UNPAID_LIFETIME, Order, OrderLine, OrderTotals, note, number_of
from shopcore.payments.model import Payment, PaymentState
from shopcore.testing.contracts.samples import NOON

_marks = itertools.count()

CONTACT = Contact(
    email="mia.krause@post.example",
    shipping_address=Address(
        name="Mia Krause",
        line1="Gerberweg 11",
        city="Bamberg",
        country="DE",
        postal_code="D-96049",
        phone="+499511234567",
    ),
)


def a_cart(name: str, *, minutes: int = 0, contact: Contact = CONTACT) -> Cart:
    """An empty cart in USD, opened so many minutes after noon."""
    created_at = NOON + timedelta(minutes=minutes)
    return Cart(
        id=CartId(name), currency="USD", created_at=created_at, expires_at=created_at + LIFETIME, contact=contact
    )


def a_token_hash(name: str) -> str:
    """The hash of the token that goes with what has this name."""
    return token_hash(f"token of {name}")


def an_order(name: str, *, minutes: int = 0, email: str | None = "mia.krause@post.example") -> Order:
    """A pending order of two shirts, 20.00 USD, placed so many minutes after noon from the cart `cart of <name>`."""
    placed_at, price, zero = NOON + timedelta(minutes=minutes), Money(1000, "USD"), Money.zero("USD")
    line = OrderLine(
        variant_id=VariantId("shirt"),
        sku=Sku("SHIRT"),
        title="Shirt",
        quantity=2,
        unit_price=price,
        line_total=price * 2,
    )
    order = Order(
        id=OrderId(name),
        number=number_of(OrderId(name), 0),
        cart_id=CartId(f"cart of {name}"),
        placed_at=placed_at,
        expires_at=placed_at + UNPAID_LIFETIME,
        lines=(line,),
        totals=OrderTotals(subtotal=price * 2, discount=zero, shipping=zero, tax=zero, total=price * 2),
        explanation=msgspec.Raw(b'{"steps":[]}'),
        contact=msgspec.structs.replace(CONTACT, email=email),
    )
    return note(order, "placed", at=placed_at, by="guest")


def a_payment(
    name: str, *, minutes: int = 0, state: PaymentState = PaymentState.REQUIRES_PAYMENT, of: str | None = None
) -> Payment:
    """20.00 USD for the order `of`, or `order of <name>`, last heard of so many minutes after noon."""
    at: datetime = NOON + timedelta(minutes=minutes)
    return Payment(
        id=PaymentId(name),
        order_id=OrderId(of or f"order of {name}"),
        gateway="bogus",
        method="card",
        amount=Money(2000, "USD"),
        created_at=at,
        updated_at=at,
        state=state,
    )


def a_mark() -> str:
    """A prefix for keys that no other example has: Hypothesis draws the same ids in many examples for one store."""
    return f"{next(_marks)}-"

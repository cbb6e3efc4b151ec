"""What a checkout is asked for, what it answers, and how an order is made of a quote."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.cart.errors import CartNotFound
from shopcore.cart.model import Cart
from shopcore.checkout.errors import PriceChanged
from shopcore.inventory.model import StockLine
from shopcore.kernel.actor import Actor, Customer, Guest, name_of
from shopcore.kernel.address import Address, Contact, EmailAddresses, locale_problems, problems_of
from shopcore.kernel.errors import CATEGORIES, FieldError, InvalidInput, ShopError
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.kernel.sealing import token_hash
from shopcore.ordering.model import UNPAID_LIFETIME, Order, OrderLine, OrderTotals, note, number_of, wait_until
from shopcore.payments.model import Payment, WalletName
from shopcore.pricing.model import Quote

_LONGEST_URL = 2_000  # what every browser takes


class PaymentChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the buyer pays; what is left out is the shop's default. With `save` they agree that the gateway keeps the
    method, so that they can pay with it again.
    """

    gateway: str | None = None
    method: str | None = None
    return_url: str | None = None
    save: bool = False


class CheckOutCommand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order for what is in the cart. What is left out is taken from the cart."""

    email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str | None = None
    locale: str | None = None
    payment: PaymentChoice = PaymentChoice()
    expected_total: Money | None = None


class CheckedOut(msgspec.Struct, frozen=True, kw_only=True, tag="checked_out"):
    """The order, the secret that shows it to its guest, and its payment (None when nothing is to be paid)."""

    order: Order
    order_token: str | None
    payment: Payment | None


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """A refusal, kept under its key so that the same request gets the same answer."""

    category: str
    code: str
    detail: str
    errors: tuple[FieldError, ...]

    @classmethod
    def of(cls, error: ShopError) -> "Refused":
        """Write a refusal down."""
        category = next(known for known in CATEGORIES if isinstance(error, known))
        return cls(category=category.__name__, code=error.code, detail=error.detail, errors=error.errors)

    def error(self) -> ShopError:
        """The refusal again."""
        category = next(known for known in CATEGORIES if known.__name__ == self.category)
        error = category(self.detail, errors=self.errors)
        error.code = self.code
        return error


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a keyed request answers: the same each time. `correlation_id` is the first request's."""

    outcome: CheckedOut | Refused
    correlation_id: str
    replayed: bool


def fingerprint_of(command: object) -> str:
    """What a repeated request is compared by where there is no body: every field, in order."""
    return hashlib.sha256(msgspec.json.encode(command, order="deterministic")).hexdigest()


def completed(cart: Cart, command: CheckOutCommand) -> Cart:
    """The cart with what the command adds to it."""
    contact = Contact(
        email=command.email or cart.contact.email,
        shipping_address=command.shipping_address or cart.contact.shipping_address,
        billing_address=command.billing_address or cart.contact.billing_address,
        locale=command.locale or cart.contact.locale,
    )
    return msgspec.structs.replace(
        cart, contact=contact, shipping_method=command.shipping_method or cart.shipping_method
    )


def consumed(cart: Cart) -> Cart:
    """The cart once it is an order, which keeps the contact: one place where it has to be forgotten is enough."""
    return msgspec.structs.replace(cart, ordered=True, contact=Contact())


def checked(command: CheckOutCommand, emails: EmailAddresses) -> CheckOutCommand:
    """The command, its e-mail address in the normal form. Raises `InvalidInput` naming everything that is wrong."""
    problems = [
        problem
        for field in ("shipping_address", "billing_address")
        if (address := getattr(command, field)) is not None
        for problem in problems_of(address, field)
    ]
    problems += locale_problems(command.locale)
    email = None
    try:
        email = None if command.email is None else emails.normal(command.email)
    except InvalidInput as error:
        problems = [*error.errors, *problems]
    if problems:
        raise InvalidInput(*problems)
    return msgspec.structs.replace(command, email=email)


def check_return_url(url: str | None) -> None:
    """Raises `InvalidInput` for anything a browser should not be sent to after paying."""
    if url is None:
        return
    if not url.startswith(("https://", "http://")) or not url.isprintable() or len(url) > _LONGEST_URL:
        message = f"must be an http or https address of at most {_LONGEST_URL} characters"
        raise InvalidInput.of("payment/return_url", "invalid_url", message)


def require_total(quote: Quote, expected: Money | None) -> None:
    """Raise `PriceChanged` unless the quote comes to what the buyer expects; None expects nothing."""
    if expected is not None and quote.total != expected:
        raise PriceChanged(quote.total)


def stock_lines(quote: Quote) -> tuple[StockLine, ...]:
    """What has to be reserved for a quote."""
    return tuple(StockLine(sku=quoted.line.sku, quantity=quoted.line.quantity) for quoted in quote.lines)


def place(cart: Cart, quote: Quote, order_id: OrderId, candidate: int, at: datetime, by: str) -> Order:
    """The order that a cart becomes. The quote is kept whole, so that every cent can be explained again."""
    contact = cart.contact
    order = Order(
        id=order_id,
        number=number_of(order_id, candidate),
        cart_id=cart.id,
        customer_id=cart.customer_id,
        placed_at=at,
        expires_at=at + UNPAID_LIFETIME,
        lines=tuple(
            OrderLine(
                variant_id=quoted.line.variant_id,
                sku=quoted.line.sku,
                title=quoted.line.title,
                quantity=quoted.line.quantity,
                unit_price=quoted.line.unit_price,
                line_total=quoted.line_total,
            )
            for quoted in quote.lines
        ),
        totals=OrderTotals(
            subtotal=quote.subtotal,
            discount=quote.discount,
            shipping=quote.shipping,
            tax=quote.tax,
            total=quote.total,
        ),
        explanation=msgspec.Raw(msgspec.json.encode(quote)),
        contact=msgspec.structs.replace(contact, billing_address=contact.billing_address or contact.shipping_address),
        shipping_method=cart.shipping_method,
    )
    return note(order, "placed", at=at, by=by)


def country_of(order: Order) -> str | None:
    """Where the buyer pays from, as far as the order tells."""
    address = order.contact.billing_address or order.contact.shipping_address
    return None if address is None else address.country


def intent(
    order: Order,
    payment_id: PaymentId,
    gateways: Sequence[str],
    choice: PaymentChoice,
    at: datetime,
    wallet: WalletName | None = None,
) -> Payment:
    """What is to be paid for an order, through the first of these gateways, by whoever has this wallet."""
    return Payment(
        id=payment_id,
        order_id=order.id,
        gateway=gateways[0],
        others=tuple(gateways[1:]),
        method=choice.method,
        amount=order.totals.total,
        return_url=choice.return_url,
        wallet=wallet,
        saves=choice.save,
        created_at=at,
        updated_at=at,
    )


def waits_until(order: Order, gateways: Sequence[str], patience: Mapping[str, timedelta], at: datetime) -> Order:
    """It waits for its money as long as the most patient of its gateways does, if that is longer than it did anyway."""
    longest = max((patience[name] for name in gateways if name in patience), default=None)
    return order if longest is None else wait_until(order, at + longest)


def key_owner(actor: Actor) -> str:
    """Whose idempotency key it is: the customer's, or that of the guest cart's token. Raises `CartNotFound`."""
    match actor:
        case Customer():
            return name_of(actor)
        case Guest(cart_token=str(token)):
            return token_hash(token)
        case _:
            raise CartNotFound

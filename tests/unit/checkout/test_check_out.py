"""From a cart to an order: what is asked for, what is refused, and that one key means one answer."""

from typing import Any

import pytest
from msgspec import structs
from tests.stories import COMPLETE, CUP, HOME, PRICE, TEA, Story, refusal

from shopcore.checkout.model import CheckOutCommand, PaymentChoice
from shopcore.kernel.actor import Customer, Guest
from shopcore.kernel.address import Address
from shopcore.kernel.ids import Sku
from shopcore.kernel.money import Money
from shopcore.payments.model import Account
from shopcore.pricing.model import Coupon, CouponKind

pytestmark = pytest.mark.anyio

LEAF = Sku("LEAF-1")


async def test_an_order_keeps_what_was_agreed(story: Story) -> None:
    """Lines, prices, contact and how it is sent; billed where it is sent to unless said otherwise."""
    await story.sell()
    order = await (await story.buy(quantity=2)).order()

    (line,) = order.lines
    assert (line.sku, line.quantity, line.unit_price, line.line_total) == (TEA, 2, PRICE, PRICE * 2)
    assert order.totals.total == PRICE * 2
    assert order.contact.email == "ann@example.com"
    assert order.contact.billing_address == order.contact.shipping_address == HOME
    assert order.shipping_method == "standard"


async def test_everything_that_is_missing_is_named_at_once(story: Story) -> None:
    """In the words in which the cart says so itself."""
    await story.sell()
    guest = await story.cart(changes=None)
    shown = (await story.as_(guest).cart.show()).missing

    assert refusal(await story.reply(guest)) == (
        "checkout_incomplete",
        ["email", "shipping_address", "billing_address", "shipping_method"],
    )
    assert [problem.field for problem in shown] == ["email", "shipping_address", "billing_address", "shipping_method"]
    assert not (await story.staff.orders.list()).items


async def test_what_is_missing_can_come_with_the_order(story: Story) -> None:
    """All of it; the cart need not have been told."""
    await story.sell()
    guest = await story.cart(changes=None)
    reply = await story.reply(guest, email="Ann@Example.COM", shipping_address=HOME, shipping_method="standard")
    order = story.bought(reply).first.order

    assert order.contact.email == "ann@example.com"
    assert order.contact.shipping_address == HOME


async def test_everything_that_is_wrong_is_named_at_once(story: Story) -> None:
    """The mail's address and the post's."""
    await story.sell()
    guest = await story.cart()
    nowhere = Address(name="Ann", line1="\n", city="Town", country="XX")
    reply = await story.reply(guest, email="ann@", shipping_address=nowhere)

    assert refusal(reply) == (
        "invalid_input",
        ["email", "shipping_address/line1", "shipping_address/line1", "shipping_address/country"],
    )


@pytest.mark.parametrize(
    ("choice", "code", "named"),
    [
        (PaymentChoice(gateway="goldbank"), "unknown_payment_method", "payment/gateway"),
        (PaymentChoice(method="gold"), "unknown_payment_method", "payment/method"),
        (PaymentChoice(return_url="javascript:alert(1)"), "invalid_input", "payment/return_url"),
        (PaymentChoice(return_url="https://shop.example/" + "x" * 2_000), "invalid_input", "payment/return_url"),
        (PaymentChoice(return_url="https://shop.example/\r\nx"), "invalid_input", "payment/return_url"),
    ],
    ids=repr,
)
async def test_a_payment_that_cannot_be_is_refused_before_anything_is_written(
    story: Story, choice: PaymentChoice, code: str, named: str
) -> None:
    """No order, no stock taken, and the cart can still be ordered."""
    await story.sell()
    guest = await story.cart()
    checkout = story.as_(guest).checkout

    assert refusal(await checkout.check_out(command=CheckOutCommand(payment=choice), key="bad")) == (code, [named])
    assert await story.level() == (5, 0)
    assert not (await story.staff.orders.list()).items
    story.bought(await story.reply(guest))


async def test_a_total_that_the_buyer_has_not_seen_is_refused(story: Story) -> None:
    """The price went up between showing and ordering; with the new total they get it."""
    product = await story.sell()
    guest = await story.cart()
    shown = (await story.as_(guest).cart.show()).quote.total
    await _reprice(story, product.id, 2_100)

    assert refusal(await story.reply(guest, expected_total=shown)) == ("price_changed", ["expected_total"])
    assert refusal(await story.reply(guest, key="euro", expected_total=Money(2_100, "EUR")))[0] == "price_changed"
    order = story.bought(await story.reply(guest, key="new", expected_total=Money(2_100, "USD"))).first.order
    assert order.totals.total == Money(2_100, "USD")


async def _reprice(story: Story, product_id: Any, amount: int) -> None:
    store = story.place.store

    def dearer(product: Any) -> Any:
        (variant,) = product.variants
        price = structs.replace(variant.prices["USD"], price=Money(amount, "USD"))
        return structs.replace(product, variants=(structs.replace(variant, prices={"USD": price}),))

    await store.products.update(product_id, dearer)


async def test_lines_that_run_out_are_named(story: Story) -> None:
    """By their place in the cart; nothing of the others is held back."""
    await story.sell(LEAF)
    await story.sell(TEA, on_hand=1)
    await story.sell(CUP, on_hand=0)
    guest = await story.cart(LEAF)
    acts = story.as_(guest).cart
    await acts.add_item(sku=TEA, quantity=2)
    await acts.add_item(sku=CUP, quantity=1)

    assert refusal(await story.reply(guest)) == ("out_of_stock", ["lines/1/quantity", "lines/2/quantity"])
    assert await story.level(LEAF) == (5, 0)
    assert (await acts.show()).cart.ordered is False


async def test_a_coupon_for_each_customer_is_for_each_account(story: Story) -> None:
    """Whatever address somebody types who is signed in; a guest is known by nothing else."""
    await story.sell()
    await story.staff.pricing.put_coupon(Coupon(code="ONCE", kind=CouponKind.FREE_SHIPPING, per_customer_limit=1))
    ann = await _signed_in(story, "ann@example.com")
    outcomes = []
    for number, email in enumerate(("made.up1@example.com", "made.up2@example.com", "ann@example.com")):
        await story.as_(ann).cart.add_item(sku=TEA, quantity=1)
        await story.as_(ann).cart.update(changes=structs.replace(COMPLETE, email=email))
        await story.as_(ann).cart.apply_coupon(code="ONCE")
        outcomes.append(await story.reply(ann, key=f"key {number}"))

    assert story.bought(outcomes[0]).first.order.contact.email == "made.up1@example.com"
    assert [refusal(each)[0] for each in outcomes[1:]] == ["coupon_used_up"] * 2
    assert len(await story.captured()) == 1


async def _signed_in(story: Story, email: str) -> Customer:
    password = "difference engine no. 2"
    await story.as_(Guest()).accounts.register(email=email, password=password)
    await story.shop.work_off()
    await story.as_(Guest()).accounts.verify_email(token=await story.mailed_token(), password=password)
    entered = await story.as_(Guest()).accounts.sign_in(email=email, password=password)
    return Customer(customer_id=entered.account.id)


async def test_an_order_that_costs_nothing_is_paid_at_once(story: Story) -> None:
    """No payment, no gateway; stock, mail and timeline as for any other. It can be cancelled, and nothing goes back."""
    await story.sell()
    free = Coupon(code="GIFT", kind=CouponKind.PERCENTAGE, basis_points=10_000)
    await story.staff.pricing.put_coupon(free)
    guest = await story.cart()
    await story.as_(guest).cart.apply_coupon(code="GIFT")
    bought = story.bought(await story.reply(guest))
    await story.settles()

    assert bought.first.payment is None
    assert (bought.first.order.status, bought.first.order.payment_status) == ("processing", "paid")
    assert len(await story.mails("order-confirmation")) == 1
    assert await story.level() == (4, 0)
    assert not await story.place.bank.gateway.charges()
    assert [await story.balance(each) for each in (Account.REVENUE, Account.DISCOUNT)] == [-2000, 2000], "given away"
    assert await story.balance(Account.RECEIVABLE) == 0
    assert (await bought.cancel()).refunds == ()
    await story.settles()
    assert await story.level() == (5, 0)

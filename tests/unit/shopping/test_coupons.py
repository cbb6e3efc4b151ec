"""Coupons as a buyer meets them: dates, minimums, limits, and what a guess is told."""

from datetime import timedelta
from typing import Any

import pytest
from tests.stories import COMPLETE, PRICE, TEA, Story, refusal

from shopcore.kernel.actor import Guest
from shopcore.kernel.money import Money
from shopcore.pricing.errors import CouponNotFound
from shopcore.pricing.model import Coupon, CouponKind, ShippingKind, ShippingMethod, ShippingRates, ShippingTier
from shopcore.shopping.model import CartChanges

pytestmark = pytest.mark.anyio

TENTH = 1_000  # basis points


async def a_coupon(story: Story, code: str = "SPRING", **terms: Any) -> None:
    """Ten percent off, on these terms."""
    usual: dict[str, Any] = {"kind": CouponKind.PERCENTAGE, "basis_points": TENTH}
    await story.staff.pricing.put_coupon(Coupon(code=code, **{**usual, **terms}))


async def applied(story: Story, guest: Guest, code: str = "SPRING") -> Money:
    """What the cart costs with it."""
    return (await story.as_(guest).cart.apply_coupon(code=code)).quote.total


async def objection(story: Story, guest: Guest, code: str = "SPRING") -> str:
    """What a buyer is told who cannot use it."""
    with pytest.raises(CouponNotFound) as refused:
        await applied(story, guest, code)
    assert [error.field for error in refused.value.errors] == ["code"]
    return refused.value.errors[0].message


async def test_a_coupon_is_entered_in_any_case_and_taken_back(story: Story) -> None:
    """Entered twice it counts once; one that is not there is taken back without a word."""
    await story.sell()
    await a_coupon(story)
    guest = await story.cart()

    assert await applied(story, guest, "spring") == Money(1_800, "USD")
    assert await applied(story, guest) == Money(1_800, "USD")
    assert (await story.as_(guest).cart.remove_coupon(code="Spring")).quote.total == PRICE
    assert (await story.as_(guest).cart.remove_coupon(code="Spring")).quote.total == PRICE


async def test_a_guess_learns_nothing_of_coupons_that_nobody_can_use_now(story: Story) -> None:
    """Unknown, switched off, too early and too late: one answer."""
    await story.sell()
    now = story.clock.now()
    await a_coupon(story, "OFF", active=False)
    await a_coupon(story, "SOON", starts_at=now + timedelta(days=1))
    await a_coupon(story, "OVER", ends_at=now)
    guest = await story.cart()

    assert {await objection(story, guest, code) for code in ("NONE", "OFF", "SOON", "OVER", "'; --")} == {
        "is not a valid coupon"
    }
    assert (await story.as_(guest).cart.show()).cart.coupon_codes == ()


async def test_a_cart_that_lacks_something_is_told_what(story: Story) -> None:
    """Somebody with a fuller cart would find out that the code is good."""
    await story.sell()
    await a_coupon(story, "MUCH", minimum={"USD": 5_000})
    await a_coupon(story, "EURO", kind=CouponKind.FIXED, basis_points=0, amount_off={"EUR": 500})
    guest = await story.cart()

    assert await objection(story, guest, "MUCH") == "needs a subtotal of 50.00 USD"
    assert await objection(story, guest, "EURO") == "is not for orders in USD"
    await story.as_(guest).cart.add_item(sku=TEA, quantity=2)
    assert await applied(story, guest, "MUCH") == Money(5_400, "USD")


async def test_a_coupon_counts_while_it_lasts_and_no_longer(story: Story) -> None:
    """It stays in the cart, and lowers nothing once its time is over; a buyer who expected it is asked again."""
    await story.sell()
    await a_coupon(story, ends_at=story.clock.now() + timedelta(minutes=5))
    guest = await story.cart()
    shown = await applied(story, guest)
    await story.passes(300)

    assert (await story.as_(guest).cart.show()).quote.total == PRICE
    assert refusal(await story.reply(guest, expected_total=shown)) == ("price_changed", ["expected_total"])


async def test_of_two_carts_with_the_last_use_of_a_coupon_one_is_refused(story: Story) -> None:
    """At the order, not before: who applies it has not used it. Nothing of the refused order is left."""
    await story.sell()
    await a_coupon(story, usage_limit=1)
    first, second = await story.cart(), await story.cart()
    await applied(story, first)
    await applied(story, second)

    assert story.bought(await story.reply(first)).first.order.totals.total == Money(1_800, "USD")
    assert refusal(await story.reply(second))[0] == "coupon_used_up"
    assert len((await story.staff.orders.list()).items) == 1
    assert await story.level() == (5, 1)
    await story.as_(second).cart.remove_coupon(code="SPRING")
    assert story.bought(await story.reply(second, key="without")).first.order.totals.total == PRICE


async def test_a_customer_has_so_many_uses_whichever_cart_they_come_with(story: Story) -> None:
    """Counted by e-mail address, in its normal form."""
    await story.sell()
    await a_coupon(story, per_customer_limit=1)

    async def order_of(email: str) -> str:
        guest = await story.cart(changes=None)
        await story.as_(guest).cart.update(changes=COMPLETE)
        await story.as_(guest).cart.update(changes=CartChanges(email=email))
        await applied(story, guest)
        outcome = (await story.reply(guest)).outcome
        return getattr(outcome, "code", "ordered")

    assert await order_of("ann@example.com") == "ordered"
    assert await order_of("ann@EXAMPLE.com") == "coupon_used_up"
    assert await order_of("bob@example.com") == "ordered"


@pytest.mark.parametrize("ended_by", ["cancelled", "expired"])
async def test_an_order_that_ends_gives_its_coupon_back(story: Story, ended_by: str) -> None:
    """Paid and cancelled, or never paid: the use is free again."""
    await story.sell()
    await a_coupon(story, usage_limit=1)
    guest = await story.cart()
    await applied(story, guest)
    bought = story.bought(await story.reply(guest, "ok" if ended_by == "cancelled" else "declined"))
    await (bought.cancel() if ended_by == "cancelled" else story.passes(3_600))
    await story.settles()
    assert (await bought.order()).status == "cancelled"

    another = await story.cart()
    await applied(story, another)
    story.bought(await story.reply(another))


async def test_free_shipping_takes_off_the_fee_and_says_so(story: Story) -> None:
    """As a coupon, or as the method's own: from a subtotal on."""
    await story.sell()
    tier = ShippingTier(price=700)
    rates = {"USD": ShippingRates(tiers=(tier,), free_over=6_000)}
    method = ShippingMethod(code="parcel", title="Parcel", kind=ShippingKind.FLAT, rates=rates)
    await story.staff.pricing.put_shipping_method(method)
    await a_coupon(story, "SHIP", kind=CouponKind.FREE_SHIPPING, basis_points=0)
    guest = await story.cart(changes=None)
    acts = story.as_(guest).cart
    shown = await acts.update(changes=CartChanges(**{**_fields(COMPLETE), "shipping_method": "parcel"}))

    assert (shown.quote.shipping, shown.quote.total) == (Money(700, "USD"), Money(2_700, "USD"))
    assert (await acts.apply_coupon(code="SHIP")).quote.total == PRICE
    await acts.remove_coupon(code="SHIP")
    assert {option.method.code: option.price.amount for option in await acts.shipping_methods()} == {
        "standard": 0,
        "parcel": 700,
    }
    assert (await acts.add_item(sku=TEA, quantity=2)).quote.shipping == Money(0, "USD")


def _fields(changes: CartChanges) -> dict[str, Any]:
    return {name: getattr(changes, name) for name in changes.__struct_fields__}

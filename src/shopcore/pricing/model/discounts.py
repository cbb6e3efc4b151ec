"""Coupons: whether one may be used now, and what it takes off."""

from datetime import datetime
from fractions import Fraction
from typing import assert_never

from shopcore.kernel.money import Money, round_half_up
from shopcore.pricing.model.quotes import Step, StepKind
from shopcore.pricing.model.rules import Coupon, CouponKind
from shopcore.pricing.model.shares import percent


def usable(coupon: Coupon, subtotal: Money, now: datetime) -> str | None:
    """Why the coupon cannot be used now, as the end of a sentence that begins with its code; None when it can.

    Asked before quoting, and never by `quote`: an order's coupon stays valid for that order when its time is over.
    A coupon with a minimum or a fixed sum is for the currencies it names. Limits of use are the store's to count.
    """
    return _out_of_force(coupon, now) or unmet(coupon, subtotal)


def _out_of_force(coupon: Coupon, now: datetime) -> str | None:
    if not coupon.active:
        return "is not active"
    if coupon.starts_at is not None and now < coupon.starts_at:
        return "is not valid yet"
    if coupon.ends_at is not None and now >= coupon.ends_at:
        return "has ended"
    return None


def in_force(coupon: Coupon, now: datetime) -> bool:
    """Whether some cart can use it now: whoever tries the code can find that out anyway."""
    return _out_of_force(coupon, now) is None


def unmet(coupon: Coupon, subtotal: Money) -> str | None:
    """What a cart of that subtotal lacks for a coupon in force, as `usable` says it; None when nothing."""
    if coupon.kind is CouponKind.FIXED and subtotal.currency not in coupon.amount_off:
        return f"is not for orders in {subtotal.currency}"
    return _below_minimum(coupon, subtotal)


def _below_minimum(coupon: Coupon, subtotal: Money) -> str | None:
    if not coupon.minimum:
        return None
    if subtotal.currency not in coupon.minimum:
        return f"is not for orders in {subtotal.currency}"
    minimum = Money(coupon.minimum[subtotal.currency], subtotal.currency)
    return f"needs a subtotal of {minimum}" if subtotal < minimum else None


def goods_steps(coupons: tuple[Coupon, ...], subtotal: Money) -> tuple[Step, ...]:
    """What the coupons take off the goods, in their order, each from what the ones before it left."""
    steps, left = [], subtotal
    for coupon in coupons:
        if coupon.kind is not CouponKind.FREE_SHIPPING:
            off, text = _taken_off(coupon, left)
            steps.append(Step(kind=StepKind.DISCOUNT, rule=coupon.code, what="goods", amount=-off, text=text))
            left -= off
    return tuple(steps)


def _taken_off(coupon: Coupon, left: Money) -> tuple[Money, str]:
    """At most what is left; a percentage is rounded half up."""
    match coupon.kind:
        case CouponKind.PERCENTAGE:
            off = Money(round_half_up(Fraction(left.amount * coupon.basis_points, 10_000)), left.currency)
            return off, f"{percent(coupon.basis_points)} off {left}"
        case CouponKind.FIXED:
            off = Money(coupon.amount_off.get(left.currency, 0), left.currency)
            return min(off, left), f"{off} off {left}"
        case CouponKind.FREE_SHIPPING:
            return Money.zero(left.currency), "free shipping"
        case never:
            assert_never(never)


def shipping_steps(coupons: tuple[Coupon, ...], fee: Money) -> tuple[Step, ...]:
    """What the first free-shipping coupon takes off the fee: all of it."""
    return tuple(
        Step(kind=StepKind.SHIPPING, rule=coupon.code, what="shipping", amount=-fee, text=f"free shipping, {fee} off")
        for coupon in coupons
        if coupon.kind is CouponKind.FREE_SHIPPING
    )[:1]

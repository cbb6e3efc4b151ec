"""Tax: which rates hold at a place, and what they come to, rounded once per rate and order."""

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from shopcore.kernel.money import Money, round_half_up
from shopcore.pricing.model.quotes import Step, StepKind
from shopcore.pricing.model.rules import TaxRate
from shopcore.pricing.model.shares import percent

_WHOLE = 1_000_000  # millionths in one


class TaxDue(msgspec.Struct, frozen=True, kw_only=True):
    """What one rate comes to, on all the goods and on shipping."""

    rate: TaxRate
    goods: Money
    shipping: Money

    @property
    def on_top(self) -> Money:
        """What it adds to the total: nothing when it is within the prices."""
        return Money.zero(self.goods.currency) if self.rate.included else self.goods + self.shipping


def applicable(rates: Sequence[TaxRate], country: str | None, region: str | None) -> tuple[TaxRate, ...]:
    """The rates of a place: those of its country, and those of its region besides.

    Both hold together (a federal and a state tax), each on the same price, never one on the other. A region is
    compared without regard to case; without a country there is no tax yet.
    """
    here = region.strip().upper() if region else None
    return tuple(rate for rate in rates if rate.country == country and rate.region in {None, here})


def taxes_due(rates: Sequence[TaxRate], goods: Money, shipping: Money) -> tuple[TaxDue, ...]:
    """What each applicable rate comes to; `goods` is the sum of the taxable lines after discount.

    - A rate on top is `price * r`.
    - An included rate is taken out of the price: `price * r / (1 + R)`, with R all the included rates on that price.
    - Each rate is rounded half up once, over goods and shipping together, and then split between the two by largest
      remainder. While included rates come to 100 % or less together, they never exceed the price.
    """
    return tuple(_due(rate, rates, goods, shipping) for rate in rates)


def _due(rate: TaxRate, rates: Sequence[TaxRate], goods: Money, shipping: Money) -> TaxDue:
    taxed_shipping = shipping.amount if rate.on_shipping else 0
    of_goods = Fraction(goods.amount * rate.millionths, _divisor(rate, rates))
    of_shipping = Fraction(taxed_shipping * rate.millionths, _divisor(rate, [r for r in rates if r.on_shipping]))
    due = Money(round_half_up(of_goods + of_shipping), goods.currency)
    on_goods, on_shipping = due.split(
        (of_goods.numerator * of_shipping.denominator, of_shipping.numerator * of_goods.denominator)
    )
    return TaxDue(rate=rate, goods=on_goods, shipping=on_shipping)


def _divisor(rate: TaxRate, together: Sequence[TaxRate]) -> int:
    return _WHOLE + sum(other.millionths for other in together if other.included) if rate.included else _WHOLE


def tax_steps(due: TaxDue, goods: Money, shipping: Money) -> tuple[Step, ...]:
    """The explanation of one rate, for goods and for shipping."""
    kind, word = (StepKind.INCLUDED_TAX, "in") if due.rate.included else (StepKind.TAX, "on")
    label = f"{due.rate.name} {percent(due.rate.millionths / 100)} {word}"
    parts = [("goods", due.goods, goods), *([("shipping", due.shipping, shipping)] if due.rate.on_shipping else [])]
    return tuple(
        Step(kind=kind, rule=due.rate.id, what=what, amount=amount, text=f"{label} {price}")
        for what, amount, price in parts
    )

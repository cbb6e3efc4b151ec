"""What a quote promises, whatever is in the basis; and planted mistakes, each of which a promise catches."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.kernel.money import Money
from shopcore.pricing.errors import NotSoldInCurrency, ShippingMethodNotFound
from shopcore.pricing.model import (
    Basis,
    CouponKind,
    Quote,
    QuotedLine,
    Step,
    StepKind,
    TaxRate,
    prices_paid,
    quote,
    shipping_options,
)
from shopcore.testing.strategies.pricing import bases, shipping_methods

pytestmark = pytest.mark.core

Quoting = Callable[[Basis], Quote]
Promise = Callable[[Quoting, Basis], None]


def added(amounts: Iterable[Money]) -> int:
    return sum(money.amount for money in amounts)


def steps(quoted: Quote, *kinds: StepKind) -> list[Step]:
    return [step for step in quoted.steps if step.kind in kinds]


def rates_of(basis: Basis) -> list[TaxRate]:
    """Said again, in other words than the model's."""
    here = [rate for rate in basis.tax_rates if rate.country == basis.country]
    return [rate for rate in here if rate.region is None or rate.region == basis.region]


def total_adds_up(quoting: Quoting, basis: Basis) -> None:
    """The total is the sum of lines - discount + shipping + tax on top."""
    quoted = quoting(basis)
    lines = sum(line.unit_price.amount * line.quantity for line in basis.lines)
    assert quoted.subtotal.amount == added(line.line_total for line in quoted.lines) == lines
    on_top = added(step.amount for step in steps(quoted, StepKind.TAX))
    assert quoted.total.amount == lines - quoted.discount.amount + quoted.shipping.amount + on_top
    assert quoted.total.amount >= quoted.shipping.amount >= 0


@given(basis=bases())
def test_the_prices_paid_for_the_lines_and_shipping_are_the_total(basis: Basis) -> None:
    """To the cent, with tax on top of both and within both; no line is paid less than nothing for."""
    quoted = quote(basis)
    prices = prices_paid(quoted)
    shipping_on_top = quoted.total.amount - added(prices) - quoted.shipping.amount

    assert len(prices) == len(basis.lines)
    assert min((price.amount for price in prices), default=0) >= 0
    assert 0 <= shipping_on_top <= quoted.shipping_tax.amount


def discount_is_within_the_subtotal(quoting: Quoting, basis: Basis) -> None:
    """Never more than there is, in all and on each line."""
    quoted = quoting(basis)
    assert 0 <= quoted.discount.amount <= quoted.subtotal.amount
    assert all(0 <= line.discount.amount <= line.line_total.amount for line in quoted.lines)


def discount_is_shared_fairly(quoting: Quoting, basis: Basis) -> None:
    """Each line's share is within one minor unit of its exact proportion."""
    quoted = quoting(basis)
    whole = quoted.subtotal.amount or 1
    for line in quoted.lines:
        exact = Fraction(quoted.discount.amount * line.line_total.amount, whole)
        assert abs(line.discount.amount - exact) < 1


def lines_sum_to_the_order(quoting: Quoting, basis: Basis) -> None:
    """Discounts and taxes of the lines (and shipping) are those of the order, to the cent."""
    quoted = quoting(basis)
    assert [line.line for line in quoted.lines] == list(basis.lines)
    assert added(line.discount for line in quoted.lines) == quoted.discount.amount
    assert added(line.tax for line in quoted.lines) + quoted.shipping_tax.amount == quoted.tax.amount
    assert all(line.tax.amount == 0 for line in quoted.lines if not line.line.taxable)


def tax_is_exact_to_half_a_unit(quoting: Quoting, basis: Basis) -> None:
    """Each rate, on the discounted prices, against exact fractions."""
    quoted = quoting(basis)
    goods = sum(line.line_total.amount - line.discount.amount for line in quoted.lines if line.line.taxable)
    rates = rates_of(basis)
    for rate in rates:
        exact = taken(rate, rates, goods)
        if rate.on_shipping:
            exact += taken(rate, [other for other in rates if other.on_shipping], quoted.shipping.amount)
        said = added(step.amount for step in steps(quoted, StepKind.TAX, StepKind.INCLUDED_TAX) if step.rule == rate.id)
        assert abs(said - exact) <= Fraction(1, 2)


def taken(rate: TaxRate, together: list[TaxRate], price: int) -> Fraction:
    share = Fraction(rate.millionths, 1_000_000)
    within = sum(Fraction(other.millionths, 1_000_000) for other in together if other.included)
    return price * share / (1 + within) if rate.included else price * share


def included_tax_changes_no_total(quoting: Quoting, basis: Basis) -> None:
    """It is within the price, and never more than the price."""
    quoted = quoting(basis)
    rest = tuple(rate for rate in basis.tax_rates if not rate.included)
    assert quoting(replace(basis, tax_rates=rest)).total == quoted.total
    within = added(step.amount for step in steps(quoted, StepKind.INCLUDED_TAX))
    assert 0 <= within <= quoted.subtotal.amount - quoted.discount.amount + quoted.shipping.amount


def explanation_sums(quoting: Quoting, basis: Basis) -> None:
    """The steps that count come to the total, and each kind to its own figure."""
    quoted = quoting(basis)
    assert added(step.amount for step in quoted.steps if step.counts) == quoted.total.amount
    assert added(step.amount for step in steps(quoted, StepKind.LINE)) == quoted.subtotal.amount
    assert added(step.amount for step in steps(quoted, StepKind.DISCOUNT)) == -quoted.discount.amount
    assert added(step.amount for step in steps(quoted, StepKind.SHIPPING)) == quoted.shipping.amount
    assert added(step.amount for step in steps(quoted, StepKind.TAX, StepKind.INCLUDED_TAX)) == quoted.tax.amount
    assert {step.amount.currency for step in quoted.steps} <= {basis.currency}
    assert all(step.text and step.rule for step in quoted.steps)


def an_old_order_comes_to_the_same(quoting: Quoting, basis: Basis) -> None:
    """Stored, read back and computed again, it is the same quote, explanation and all."""
    quoted = quoting(basis)
    stored = msgspec.json.decode(msgspec.json.encode(quoted), type=Quote)
    assert stored == quoted
    assert quoting(stored.basis) == quoted


def order_of_lines_moves_no_cent(quoting: Quoting, basis: Basis) -> None:
    """Totals are the same, and each line keeps its figures."""
    quoted, other = quoting(basis), quoting(replace(basis, lines=basis.lines[::-1]))
    assert other.lines[::-1] == quoted.lines
    assert [other.total, other.discount, other.shipping, other.tax, other.shipping_tax] == [
        *(quoted.total, quoted.discount, quoted.shipping, quoted.tax, quoted.shipping_tax)
    ]


PROMISES: list[Promise] = [
    total_adds_up,
    discount_is_within_the_subtotal,
    discount_is_shared_fairly,
    lines_sum_to_the_order,
    tax_is_exact_to_half_a_unit,
    included_tax_changes_no_total,
    explanation_sums,
    an_old_order_comes_to_the_same,
    order_of_lines_moves_no_cent,
]


@pytest.mark.parametrize("promise", PROMISES)
@given(basis=bases())
def test_every_quote_keeps(promise: Promise, basis: Basis) -> None:
    """Each promise, on any basis."""
    promise(quote, basis)


@given(bases(), st.data())
def test_shipping_options_cost_what_the_quote_will_charge(basis: Basis, data: st.DataObject) -> None:
    """What is offered can be chosen, at that price; what is not offered is refused."""
    methods = data.draw(st.lists(shipping_methods(basis.currency), max_size=3, unique_by=lambda method: method.code))
    fees = {method.code: fee for method, fee in shipping_options(methods, basis)}

    for method in methods:
        chosen = replace(basis, shipping_method=method)
        if method.code in fees:
            assert quote(chosen).shipping == fees[method.code]
        elif any(line.requires_shipping for line in basis.lines):
            with pytest.raises(ShippingMethodNotFound):
                quote(chosen)
        else:
            assert quote(chosen).shipping.amount == 0


@given(bases().filter(lambda basis: basis.lines))
def test_a_price_in_another_currency_is_refused(basis: Basis) -> None:
    """By the SKU's name, before anything is added up."""
    foreign = replace(basis.lines[-1], unit_price=Money(1, "CHF" if basis.currency != "CHF" else "SEK"))

    with pytest.raises(NotSoldInCurrency, match=foreign.sku):
        quote(replace(basis, lines=(*basis.lines[:-1], foreign)))


def with_lines(quoted: Quote, change: Callable[[int, QuotedLine], QuotedLine]) -> Quote:
    return replace(quoted, lines=tuple(change(index, line) for index, line in enumerate(quoted.lines)))


def floors_the_discount(basis: Basis) -> Quote:
    """Planted: each line's share is rounded down, and the rest is lost."""
    quoted, currency = quote(basis), basis.currency
    whole = quoted.subtotal.amount or 1
    return with_lines(
        quoted,
        lambda _, line: replace(
            line, discount=Money(quoted.discount.amount * line.line_total.amount // whole, currency)
        ),
    )


def shares_by_position(basis: Basis) -> Quote:
    """Planted: equal remainders go to whoever stands first."""
    quoted = quote(basis)
    if not quoted.lines:
        return quoted
    shares = quoted.discount.split([line.line_total.amount for line in quoted.lines])
    return with_lines(quoted, lambda index, line: replace(line, discount=shares[index]))


def puts_the_discount_on_the_first_line(basis: Basis) -> Quote:
    """Planted: sums all the same."""
    quoted = quote(basis)
    nothing = Money.zero(basis.currency)
    return with_lines(quoted, lambda index, line: replace(line, discount=nothing if index else quoted.discount))


def taxes_the_undiscounted_price(basis: Basis) -> Quote:
    """Planted: tax is computed before the coupons."""
    quoted, full = quote(basis), quote(replace(basis, coupons=()))
    taxed = steps(full, StepKind.TAX, StepKind.INCLUDED_TAX)
    kept = [step for step in quoted.steps if step not in steps(quoted, StepKind.TAX, StepKind.INCLUDED_TAX)]
    return replace(quoted, steps=(*kept, *taxed), tax=full.tax)


def does_not_cap_a_fixed_coupon(basis: Basis) -> Quote:
    """Planted: a coupon of 5.00 takes 5.00 off an order of 3.00."""
    quoted = quote(basis)
    fixed = [coupon for coupon in basis.coupons if coupon.kind is CouponKind.FIXED]
    off = sum(coupon.amount_off[basis.currency] for coupon in fixed)
    return replace(quoted, discount=max(quoted.discount, Money(off, basis.currency)))


def adds_included_tax(basis: Basis) -> Quote:
    """Planted: every tax comes on top."""
    quoted = quote(basis)
    within = added(step.amount for step in steps(quoted, StepKind.INCLUDED_TAX))
    return replace(quoted, total=quoted.total + Money(within, basis.currency))


def explains_too_little(basis: Basis) -> Quote:
    """Planted: the last step is left out."""
    quoted = quote(basis)
    return replace(quoted, steps=quoted.steps[:-1])


def forgets_the_tax_on_shipping(basis: Basis) -> Quote:
    """Planted: the lines no longer sum to the order."""
    return replace(quote(basis), shipping_tax=Money.zero(basis.currency))


def remembers(calls: list[Basis]) -> Quoting:
    """Planted: every second quote is a cent dearer, so it depends on more than its basis."""

    def quoting(basis: Basis) -> Quote:
        calls.append(basis)
        quoted = quote(basis)
        return replace(quoted, total=quoted.total + Money(len(calls) % 2, basis.currency))

    return quoting


@pytest.mark.parametrize(
    ("planted", "promise"),
    [
        (adds_included_tax, total_adds_up),
        (adds_included_tax, included_tax_changes_no_total),
        (does_not_cap_a_fixed_coupon, discount_is_within_the_subtotal),
        (puts_the_discount_on_the_first_line, discount_is_shared_fairly),
        (floors_the_discount, lines_sum_to_the_order),
        (forgets_the_tax_on_shipping, lines_sum_to_the_order),
        (taxes_the_undiscounted_price, tax_is_exact_to_half_a_unit),
        (explains_too_little, explanation_sums),
        (remembers([]), an_old_order_comes_to_the_same),
        (shares_by_position, order_of_lines_moves_no_cent),
    ],
)
def test_a_planted_mistake_is_caught(planted: Quoting, promise: Promise) -> None:
    """Each promise finds the mistake that it is there for."""
    caught(lambda basis: promise(planted, basis), bases())

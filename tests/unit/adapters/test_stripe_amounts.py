"""Amounts on their way to Stripe and back: never rounded."""

import pytest
from hypothesis import given

from shopcore.adapters.stripe.amounts import NotTakable, from_stripe, step_of, to_stripe
from shopcore.kernel.money import Money
from shopcore.testing.strategies.kernel import money

pytestmark = pytest.mark.core


@given(amount=money())
def test_what_stripe_takes_comes_back_as_it_was(amount: Money) -> None:
    """Or is not taken."""
    try:
        units = to_stripe(amount)
    except NotTakable:
        assert amount.currency in {"MGA", "BHD", "JOD", "KWD", "OMR", "TND"}
        assert amount.amount % step_of(amount.currency)
    else:
        assert from_stripe(units, amount.currency.lower()) == amount
        assert amount.amount % step_of(amount.currency) == 0


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        (Money(1999, "USD"), 1999),
        (Money(500, "JPY"), 500),
        (Money(500, "ISK"), 50_000),
        (Money(500, "UGX"), 50_000),
        (Money(1500, "MGA"), 15),
        (Money(1550, "MGA"), None),
        (Money(1230, "KWD"), 1230),
        (Money(1234, "KWD"), None),
        (Money(50_000, "HUF"), 50_000),
    ],
)
def test_each_currency_has_its_units(amount: Money, units: int | None) -> None:
    """As Stripe documents them; None stands for what it cannot take."""
    if units is None:
        with pytest.raises(NotTakable):
            to_stripe(amount)
    else:
        assert to_stripe(amount) == units

"""Which amounts Stripe takes.

Source: Stripe's documentation, "Supported currencies": the smallest unit of each, amounts of up to eight digits, and a
least amount for some. (Elsewhere the least is worth about half a dollar; the double has no rates, and takes less.)
"""

from fractions import Fraction

from shopcore.testing.stripe_double.errors import invalid

NO_DECIMALS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
"""Given in whole units."""

THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())
"""Given in thousandths, of which the last digit must be 0."""

WHOLE_UNITS_ONLY = frozenset("isk ugx".split())
"""Given in hundredths for old times' sake, of which the last two digits must be 0."""

UNKNOWN = frozenset("bov btn cuc cup ern ghs iqd irr kpw lyd mru sdg ssp svc syp tmt ved xdr zwg".split())
"""Currencies in circulation that cannot be charged in."""

_LEAST = {
    **dict.fromkeys("usd aud brl cad chf eur inr jpy nzd sgd".split(), 50),
    **dict.fromkeys("aed myr pln ron".split(), 200),
    **dict.fromkeys("nok sek".split(), 300),
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "mxn": 1000,
    "thb": 1000,
}
_MOST = 99_999_999


def in_stripes_units(whole: Fraction, currency: str) -> Fraction:
    """What so many dollars, yen or dinars are in the units that Stripe counts in; it has no parts of them."""
    return whole * _per_whole(currency)


def in_whole_units(amount: int, currency: str) -> Fraction:
    """How many dollars, yen or dinars an amount of Stripe's is."""
    return Fraction(amount, _per_whole(currency))


def _per_whole(currency: str) -> int:
    return 1 if currency in NO_DECIMALS else 1_000 if currency in THREE_DECIMALS else 100


def check_amount(amount: int, currency: str) -> None:
    """Raises as Stripe does for an amount or a currency that it cannot charge."""
    if not currency.isascii() or len(currency) != 3 or currency in UNKNOWN:
        raise invalid(f"Invalid currency: {currency}", param="currency")
    if amount < _LEAST.get(currency, 1):
        message = f"Amount must be at least {_LEAST.get(currency, 1)} {currency}"
        raise invalid(message, param="amount", code="amount_too_small")
    if amount > _MOST:
        raise invalid(f"Amount must be no more than {_MOST} {currency}", param="amount", code="amount_too_large")
    step = 10 if currency in THREE_DECIMALS else 100 if currency in WHOLE_UNITS_ONLY else 1
    if amount % step:
        raise invalid(f"Invalid amount: must be a multiple of {step} in {currency}", param="amount")

"""How an amount of the whole order falls on its lines."""

from collections.abc import Sequence

from shopcore.kernel.money import Money
from shopcore.pricing.model.quotes import PricedLine


def spread(amount: Money, lines: Sequence[PricedLine], weights: Sequence[int]) -> tuple[Money, ...]:
    """Share an amount over the lines in proportion to `weights`, by largest remainder; the shares sum to it.

    Equal remainders go by variant id, not by position: the order of a cart's lines never moves a cent.
    """
    if not lines:
        return ()
    ranked = sorted(range(len(lines)), key=lambda index: lines[index].variant_id)
    shares = amount.split([weights[index] for index in ranked])
    return tuple(share for _, share in sorted(zip(ranked, shares, strict=True)))


def percent(basis_points: float) -> str:
    """For people: 1900 is `19 %`, 887.5 is `8.875 %`."""
    return f"{basis_points / 100:g} %"

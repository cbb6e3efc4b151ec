"""Which gateway a payment is made through: rules, and switches."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from shopcore.kernel.money import Money


class GatewayRule(msgspec.Struct, frozen=True, kw_only=True):
    """The gateways for such payments, the first one first; the others where it is certain that it took nothing.

    What is not said holds for all. `least` and `most` are in the minor units of `currency`, both included.
    """

    gateways: tuple[str, ...]
    currency: str | None = None
    countries: frozenset[str] = frozenset()
    least: int | None = None
    most: int | None = None

    def holds_for(self, amount: Money, country: str | None) -> bool:
        """Whether the rule is about such a payment."""
        return (
            self.currency in {None, amount.currency}
            and (not self.countries or country in self.countries)
            and (self.least is None or self.least <= amount.amount)
            and (self.most is None or amount.amount <= self.most)
        )


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a gateway begins new payments; one that nobody has switched does. It finishes what it has begun."""

    gateway: str
    is_on: bool
    by: str
    at: datetime
    reason: str = ""


class GatewayState(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway of the shop, and the last word of staff about it, if there is one."""

    name: str
    is_on: bool
    is_default: bool
    switch: Switch | None = None


def candidates(rules: Sequence[GatewayRule], default: str, amount: Money, country: str | None) -> tuple[str, ...]:
    """The gateways for a payment in their order, by the first rule that is about it; else the default one."""
    return next((rule.gateways for rule in rules if rule.holds_for(amount, country)), (default,))


def in_use(names: Sequence[str], off: Collection[str]) -> tuple[str, ...]:
    """Those that are switched on; where none is, the first one, for which the payment then waits."""
    return tuple(name for name in names if name not in off) or tuple(names[:1])

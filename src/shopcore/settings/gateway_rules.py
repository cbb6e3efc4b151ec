"""The rules by which a gateway is chosen, as they are written in `GATEWAY_RULES`, and what is wrong with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.kernel.iso3166 import COUNTRIES
from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.kernel.money import InvalidMoney, Money
from shopcore.payments.model import GatewayRule
from shopcore.settings.whole import Settings

_FORM = "GATEWAY_RULES must be rules such as `currency=EUR country=DE/AT from=10.00 to=500.00 use=stripe>bogus`"
_NAMES = {"currency", "country", "from", "to", "use", "allow"}
_PAIR = re.compile(r"([a-z]+)=([^\s=]+)")


@dataclass(frozen=True)
class BadRule(Exception):
    """What is wrong with a rule."""

    problem: str


def gateway_rules(settings: Settings) -> tuple[GatewayRule, ...]:
    """The rules in their order. Raises `BadRule`, unless `problems_of` has found nothing."""
    return tuple(_read(text, settings) for text in settings.gateway_rules)


def problems_of_rules(settings: Settings) -> tuple[str, ...]:
    """What no gateway could be chosen by."""
    try:
        gateway_rules(settings)
    except BadRule as bad:
        return (bad.problem,)
    return ()


def _read(text: str, settings: Settings) -> GatewayRule:
    pairs = [_PAIR.fullmatch(word) for word in text.split()]
    said = {pair[1]: pair[2] for pair in pairs if pair}
    if len(said) < len(pairs) or said.keys() - _NAMES or "use" not in said:
        raise BadRule(_FORM)
    gateways, allowed = tuple(said["use"].split(">")), tuple(said["allow"].split("/")) if "allow" in said else ()
    ways = {f"manual.{method}" for method in settings.manual_methods} if "manual" in settings.gateways else set[str]()
    if unknown := [name for name in (*gateways, *(set(allowed) - ways)) if name not in settings.gateways]:
        raise BadRule(f"GATEWAY_RULES must not use {unknown[0]}: it is not among PAYMENT_GATEWAYS and MANUAL_METHODS")
    if len({*gateways, *allowed}) < len(gateways) + len(allowed):
        raise BadRule("GATEWAY_RULES must not use a gateway twice in one rule")
    if "manual" in gateways and len(gateways) > 1:  # an order that waits for staff is not what others fall back on
        raise BadRule("GATEWAY_RULES must not use manual together with others in one rule")
    countries = frozenset(said["country"].split("/")) if "country" in said else frozenset[str]()
    if not countries <= COUNTRIES:
        raise BadRule("GATEWAY_RULES must name countries as ISO 3166-1 does, such as DE")
    return GatewayRule(
        gateways=gateways,
        allowed=allowed,
        currency=_currency(said),
        countries=countries,
        least=_amount(said, "from"),
        most=_amount(said, "to"),
    )


def _currency(said: Mapping[str, str]) -> str | None:
    currency = said.get("currency")
    if currency is not None and currency not in EXPONENTS:
        raise BadRule("GATEWAY_RULES must name currencies as ISO 4217 does, such as EUR")
    return currency


def _amount(said: Mapping[str, str], name: str) -> int | None:
    if name not in said:
        return None
    if "currency" not in said:
        raise BadRule("GATEWAY_RULES must name a currency with from and to: an amount is of one")
    try:
        return Money.parse(said[name], said["currency"]).amount
    except InvalidMoney:
        raise BadRule(f"GATEWAY_RULES must have amounts of their currency in {name}, such as 10.00") from None

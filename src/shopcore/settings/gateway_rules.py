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
    rules = tuple(_read(text, settings) for text in settings.gateway_rules)
    if any(rule.is_for_all for rule in rules[:-1]):
        raise BadRule("GATEWAY_RULES must end with a rule without conditions: none after it is ever reached")
    return rules


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
    least, most = _amount(said, "from"), _amount(said, "to")
    if least is not None and most is not None and least > most:
        raise BadRule("GATEWAY_RULES must not have a from above its to: no amount is between them")
    return GatewayRule(
        gateways=gateways,
        allowed=allowed,
        currency=_currency(said),
        countries=countries,
        least=least,
        most=most,
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
        amount = Money.parse(said[name], said["currency"]).amount
    except InvalidMoney:
        raise BadRule(f"GATEWAY_RULES must have amounts of their currency in {name}, such as 10.00") from None
    if amount < 0:
        raise BadRule(f"GATEWAY_RULES must not have an amount below zero in {name}")
    return amount

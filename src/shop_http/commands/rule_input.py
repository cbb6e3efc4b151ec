"""How rules of pricing are given on the command line: as options, or as JSON."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import IO, TypeVar

import click
import msgspec

from shop_http.commands.failures import Misuse
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.money import InvalidMoney, Money
from shopcore.pricing.model import Coupon, ShippingMethod, TaxRate

R = TypeVar("R", ShippingMethod, TaxRate, Coupon)

from_file = click.option(
    "--from", "source", type=click.File("rb"), help="Read the whole rule as JSON from this file, or - for the input."
)


def percent(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """A percentage with at most two decimals, in basis points."""
    return None if text is None else _scaled(text, 100, "two")


def fine_percent(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """A percentage with at most four decimals, as some taxes have, in millionths."""
    return None if text is None else _scaled(text, 10_000, "four")


def _scaled(text: str, scale: int, decimals: str) -> int:
    try:
        points = Fraction(text) * scale
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter(f"{text} is not a percentage such as 8.25.") from None
    if points.denominator != 1:
        raise click.BadParameter(f"{text} has more than {decimals} decimals.")
    return points.numerator


def time(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    """A time with its zone, as ISO 8601 writes it."""
    if text is None:
        return None
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise click.BadParameter(f"{text} is not a time such as 2026-05-01T00:00:00Z.") from None


def amount(option: str, text: str, currency: str) -> int:
    """An amount in minor units. Raises `InvalidInput` naming the option."""
    try:
        return Money.parse(text, currency).amount
    except InvalidMoney as error:
        raise InvalidInput.of(option, error.code, error.detail) from error


def read_rule(source: IO[bytes], kind: type[R]) -> R:
    """A rule from JSON, with the names of the HTTP interface. Whatever would be ignored is refused by name."""
    text = source.read()
    try:
        rule = msgspec.json.decode(text, type=kind)
        unknown = next(_unknown(msgspec.json.decode(text), msgspec.to_builtins(rule), ""), None)
    except msgspec.DecodeError as error:
        raise Misuse(f"the JSON of the rule: {error}") from error
    if unknown is not None:
        raise Misuse(f"the JSON of the rule: there is no field {unknown}")
    return rule


def required(**options: str | None) -> list[str]:
    """The values of options that must be there when no JSON is."""
    for name, value in options.items():
        if value is None:
            raise click.UsageError(f"Missing {name.upper()} or --from.", click.get_current_context())
    return [value for value in options.values() if value is not None]


def _unknown(given: object, understood: object, path: str) -> Iterator[str]:
    """Fields that were given and that nothing came of."""
    if isinstance(given, dict) and isinstance(understood, dict):
        for name, value in given.items():
            if name in understood:
                yield from _unknown(value, understood[name], f"{path}{name}/")
            else:
                yield f"{path}{name}"
    elif isinstance(given, list) and isinstance(understood, list | tuple):
        for index, (left, right) in enumerate(zip(given, understood, strict=True)):
            yield from _unknown(left, right, f"{path}{index}/")

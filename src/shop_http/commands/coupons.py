"""`shop coupons`: codes that lower the price."""

from datetime import datetime
from typing import IO

import click

from shop_http.commands.opening import as_owner, collect, in_shop
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, say
from shop_http.commands.rule_input import amount, from_file, percent, read_rule, required, time
from shop_http.commands.tax import percentage
from shopcore.kernel.money import Money
from shopcore.pricing.model import Coupon, CouponKind
from shopcore.shop import Shop, owner


@click.group()
def coupons() -> None:
    """See and change coupons."""


@coupons.command("list", epilog="Example: shop coupons list --limit 200")
@limit
@as_json
def list_coupons(limit: int, *, as_json: bool) -> None:
    """The coupons, by code. The JSON of one is what `put --from` reads."""
    found = as_owner(lambda shop: collect(shop.pricing.list_coupons, limit))
    if as_json:
        print_json(found.rows)
        return
    rows = [
        (each.code, _worth(each), _sums(each.minimum), moment(each.starts_at), moment(each.ends_at), _limits(each))
        for each in found.rows
    ]
    print_found(found, ("Code", "Takes off", "From", "Starts at", "Ends at", "Limits"), rows)


@coupons.command(epilog="Example: shop coupons put WELCOME10 --percent 10 --per-customer 1")
@click.argument("code", required=False)
@click.option("--percent", "basis_points", callback=percent, help="Takes off so many percent,")
@click.option("--off", help="or this amount,")
@click.option("--free-shipping", is_flag=True, help="or what shipping costs: one of the three.")
@click.option("--minimum", help="The subtotal that it asks for.")
@click.option("--currency", help="Of these amounts; that of the shop if it is not said.")
@click.option("--starts", callback=time, help="From when, such as 2026-05-01T00:00:00Z.")
@click.option("--ends", callback=time, help="Until when.")
@click.option("--limit", "usage_limit", type=int, help="How many orders may use it.")
@click.option("--per-customer", type=int, help="How many orders of one customer may.")
@click.option("--inactive", is_flag=True, help="Switch it off: nobody can use it any more.")
@from_file
def put(
    code: str | None,
    basis_points: int | None,
    off: str | None,
    minimum: str | None,
    currency: str | None,
    starts: datetime | None,
    ends: datetime | None,
    usage_limit: int | None,
    per_customer: int | None,
    source: IO[bytes] | None,
    *,
    free_shipping: bool,
    inactive: bool,
) -> None:
    """Add a coupon, or replace the one with that CODE; its uses stay counted."""

    def described(default: str) -> Coupon:
        chosen, (known,) = currency or default, required(code=code)
        return Coupon(
            code=known,
            kind=_kind(basis_points, off, free_shipping=free_shipping),
            basis_points=basis_points or 0,
            amount_off={} if off is None else {chosen: amount("--off", off, chosen)},
            minimum={} if minimum is None else {chosen: amount("--minimum", minimum, chosen)},
            starts_at=starts,
            ends_at=ends,
            usage_limit=usage_limit,
            per_customer_limit=per_customer,
            active=not inactive,
        )

    given = None if source is None else read_rule(source, Coupon)

    async def run(shop: Shop) -> Coupon:
        return await shop.as_(owner()).pricing.put_coupon(given or described(shop.currency))

    say(f"Coupon {in_shop(run).code} is set.")


def _kind(basis_points: int | None, off: str | None, *, free_shipping: bool) -> CouponKind:
    given = {
        CouponKind.PERCENTAGE: basis_points is not None,
        CouponKind.FIXED: off is not None,
        CouponKind.FREE_SHIPPING: free_shipping,
    }
    chosen = [kind for kind, is_given in given.items() if is_given]
    if len(chosen) != 1:
        raise click.UsageError("Say one of --percent, --off, --free-shipping or --from.", click.get_current_context())
    return chosen[0]


def _worth(coupon: Coupon) -> str:
    match coupon.kind:
        case CouponKind.PERCENTAGE:
            return percentage(coupon.basis_points * 100)
        case CouponKind.FIXED:
            return _sums(coupon.amount_off)
        case CouponKind.FREE_SHIPPING:
            return "shipping"


def _sums(sums: dict[str, int]) -> str:
    return ", ".join(str(Money(amount, currency)) for currency, amount in sums.items())


def _limits(coupon: Coupon) -> str:
    limits = (
        "" if coupon.active else "switched off",
        "" if coupon.usage_limit is None else f"{coupon.usage_limit} order{'s' * (coupon.usage_limit != 1)}",
        "" if coupon.per_customer_limit is None else f"{coupon.per_customer_limit} a customer",
    )
    return ", ".join(filter(None, limits))

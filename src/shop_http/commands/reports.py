"""`shop reports`: what the shop's events come to."""

from datetime import UTC, datetime

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, moment, print_json, print_table, say

_day = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])


@click.group()
def reports() -> None:
    """See what the shop's events come to."""


@reports.command(epilog="Example: shop reports funnel --since 2026-01-01 --until 2026-02-01")
@click.option("--since", type=_day, help="Carts opened from then on (UTC); 30 days before the end unless said.")
@click.option("--until", type=_day, help="Carts opened before (UTC); now unless said.")
@click.option("--from-stream", is_flag=True, help="Count the events in Redis instead of what the shop has noted.")
@as_json
def funnel(since: datetime | None, until: datetime | None, *, from_stream: bool, as_json: bool) -> None:
    """How many carts became orders, how many of those were paid, and for how much on average.

    An order counts once it is paid, its money held, or it has ended. A cart that somebody has touched within the last
    hour is open; only one that was left longer is abandoned. Both ways of counting come to the same, as far back as
    the stream goes; events of a version that told less of them are not counted, and it says how many.
    """
    start, end, left_out = _utc(since), _utc(until), 0
    if from_stream:
        recounted = as_owner(lambda shop: shop.reports.recount_funnel(since=start, until=end))
        found, left_out = recounted.funnel, recounted.left_out
    else:
        found = as_owner(lambda shop: shop.reports.funnel(since=start, until=end))
    if left_out:
        click.echo(f"{left_out} events are of a version that told less of them, and not counted", err=True)
    if as_json:
        print_json(found)
        return
    say(f"From {moment(found.since)} to {moment(found.until)}")
    say(f"{found.carts} carts, {found.open} of them open, {found.orders} orders, {found.paid} paid")
    if found.conversion is not None and found.abandonment is not None:
        say(f"conversion {found.conversion:.2%}, abandonment {found.abandonment:.2%}")
    if found.sales:
        rows = [(each.total.currency, each.orders, each.total, each.average) for each in found.sales]
        print_table(("Currency", "Paid orders", "Total", "Average"), rows)


@reports.command(epilog="Example: shop reports tax --since 2026-01-01 --until 2026-02-01")
@click.option("--since", type=_day, help="Sales that were paid from then on (UTC); 30 days before the end unless said.")
@click.option("--until", type=_day, help="Sales that were paid before (UTC); now unless said.")
@as_json
def tax(since: datetime | None, until: datetime | None, *, as_json: bool) -> None:
    """What was sold and the tax on it, by currency, and what was given back in the same time."""
    found = as_owner(lambda shop: shop.books.tax(since=_utc(since), until=_utc(until)))
    if as_json:
        print_json(found)
        return
    say(f"From {moment(found.since)} to {moment(found.until)}")
    rows = [(each.goods, each.shipping, each.tax, each.total, each.refunded, each.refunded_tax) for each in found.items]
    print_table(("Goods", "Shipping", "Tax", "Total", "Refunded", "Tax in it"), rows)


@reports.command(epilog="Example: shop reports balances --until 2026-02-01")
@click.option("--until", type=_day, help="What was posted before (UTC); now unless said.")
@as_json
def balances(until: datetime | None, *, as_json: bool) -> None:
    """What each payment gateway holds for the shop, and every account of the books."""
    found = as_owner(lambda shop: shop.books.balances(until=_utc(until)))
    if as_json:
        print_json(found)
        return
    say(f"Before {moment(found.until)}")
    print_table(("Gateway", "Holds", "Has kept"), [(each.gateway, each.held, each.fees) for each in found.gateways])
    print_table(("Account", "Balance"), [(each.account, each.amount) for each in found.accounts])


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)

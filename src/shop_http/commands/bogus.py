"""`shop bogus`: the pretend bank, for trying payments out."""

import click

from shop_http.commands.opening import in_shop
from shop_http.commands.output import as_json, do_now, moment, print_json, print_rows, say
from shopcore.shop import Shop


@click.group()
def bogus() -> None:
    """Look into the books of the pretend bank, and act as its customer."""


@bogus.command(epilog="Example: shop bogus charges --json")
@as_json
def charges(*, as_json: bool) -> None:
    """Every charge, the oldest first."""
    found = in_shop(lambda shop: shop.bogus.charges())
    if as_json:
        print_json(found)
        return
    rows = [(line.id, moment(line.at), line.status, line.amount, line.order_id) for line in found]
    print_rows(("Id", "At", "Status", "Amount", "Order"), rows)


@bogus.command(epilog="Example: shop bogus approve 0192f3a4-5b6c-7d8e-9f01-23456789abcd --now")
@click.argument("charge")
@do_now
def approve(charge: str, *, now: bool) -> None:
    """Say yes to a charge that waits for its customer."""
    _decide(charge, is_yes=True, now=now)


@bogus.command(epilog="Example: shop bogus refuse 0192f3a4-5b6c-7d8e-9f01-23456789abcd --now")
@click.argument("charge")
@do_now
def refuse(charge: str, *, now: bool) -> None:
    """Say no to a charge that waits for its customer."""
    _decide(charge, is_yes=False, now=now)


def _decide(charge: str, *, is_yes: bool, now: bool) -> None:
    async def run(shop: Shop) -> str:
        gateway = (await shop.bogus_bank(charge)).gateway
        await (gateway.approve(charge) if is_yes else gateway.refuse(charge))
        if now:
            await shop.work_off()
        return (await gateway.charge(charge)).status

    status = in_shop(run)
    say(f"Charge {charge} is {status}. {'The shop knows it.' if now else 'The worker will hear of it.'}")

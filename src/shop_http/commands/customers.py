"""`shop customers`: looking after those who buy here."""

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import say
from shopcore.kernel.ids import CustomerId
from shopcore.shop import ShopOf


@click.group()
def customers() -> None:
    """Look after the accounts of customers."""


@customers.command(epilog="Example: shop customers remove-second-factor grace@example.com")
@click.argument("customer", metavar="EMAIL|ID")
def remove_second_factor(customer: str) -> None:
    """Remove the second factor of somebody who has lost it; they are signed out everywhere, and told by mail.

    Make sure first that it is they who ask.
    """

    async def act(shop: ShopOf) -> str:
        customer_id = (await shop.people.find(email=customer)).id if "@" in customer else CustomerId(customer)
        await shop.people.lift_second_factor(customer_id=customer_id)
        return customer_id

    say(f"{as_owner(act)} signs in by their password alone from now on.")

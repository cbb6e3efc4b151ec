"""`shop gateways`: what the shop is paid through."""

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, moment, print_json, print_table, say
from shopcore.payments.model import GatewayState


@click.group()
def gateways() -> None:
    """See what the shop is paid through, and switch it off and on while the shop sells."""


@gateways.command("list", epilog="Example: shop gateways list")
@as_json
def list_gateways(*, as_json: bool) -> None:
    """Every gateway of the settings."""
    found = as_owner(lambda shop: shop.payments.list_gateways())
    if as_json:
        print_json(found)
    else:
        print_table(("Gateway", "Stands", "Default", "Since", "Reason"), map(_row, found))


@gateways.command(epilog='Example: shop gateways off stripe --reason "fails since noon"')
@click.argument("gateway")
@click.option("--reason", default="", help="For the colleagues.")
def off(gateway: str, reason: str) -> None:
    """Begin no payment there, on any server, within a second.

    New payments go to the next gateway by the rules, or wait; what it has begun it finishes.
    """
    as_owner(lambda shop: shop.payments.switch_gateway(gateway=gateway, is_on=False, reason=reason))
    say(f"Gateway {gateway} is off. New payments go elsewhere by the rules, or wait.")


@gateways.command(epilog="Example: shop gateways on stripe")
@click.argument("gateway")
def on(gateway: str) -> None:
    """Begin payments there again; those that wait are begun too."""
    as_owner(lambda shop: shop.payments.switch_gateway(gateway=gateway, is_on=True))
    say(f"Gateway {gateway} is on.")


def _row(state: GatewayState) -> tuple[object, ...]:
    switch = state.switch
    since, why = (moment(switch.at), switch.reason) if switch else ("", "")
    return state.name, "on" if state.is_on else "off", "yes" if state.is_default else "", since, why

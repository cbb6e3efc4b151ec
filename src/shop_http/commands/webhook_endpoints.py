"""`shop webhook-endpoints`: which other systems are told what happens, and what came of it."""

from collections.abc import Sequence
from functools import partial

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, print_table, say
from shopcore.webhooks.model import EVENT_TYPES, DeliveryState, Endpoint

_STATES = click.Choice([state.value for state in DeliveryState])
_endpoint = click.argument("endpoint", metavar="ENDPOINT")
_events = click.option(
    "--event", "-e", "events", multiple=True, type=click.Choice(EVENT_TYPES), help="What to tell; all unless said."
)


@click.group("webhook-endpoints")
def webhook_endpoints() -> None:
    """See and say which other systems are told what happens to orders (Standard Webhooks)."""


@webhook_endpoints.command("list", epilog="Example: shop webhook-endpoints list --json")
@as_json
def list_endpoints(*, as_json: bool) -> None:
    """Who is told, oldest first, without the secrets."""
    found = as_owner(lambda shop: shop.webhooks.list_endpoints())
    if as_json:
        print_json([_shown(endpoint) for endpoint in found])
        return
    rows = [
        (each.id, each.url, " ".join(each.events) or "all", {True: "on", False: "off"}[each.is_on], each.off_reason)
        for each in found
    ]
    print_table(("Id", "URL", "Events", "State", "Why"), rows)


@webhook_endpoints.command(
    "add", epilog="Example: shop webhook-endpoints add https://erp.example.org/shop -e order.paid"
)
@click.argument("url")
@_events
@click.option("--description", default="", help="What it is, for whoever reads the list.")
def add_endpoint(url: str, events: Sequence[str], description: str) -> None:
    """Have an address told, and print the secret that signs: this once, alone on standard output."""
    endpoint, secret = as_owner(
        lambda shop: shop.webhooks.create_endpoint(url=url, events=events, description=description)
    )
    click.echo(
        f"The endpoint {endpoint.id} is told {' '.join(events) or 'everything'}. Its secret, this once:", err=True
    )
    click.echo(secret)


@webhook_endpoints.command("on", epilog="Example: shop webhook-endpoints on 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@_endpoint
def switch_on(endpoint: str) -> None:
    """Send to an endpoint again; what it missed can be replayed."""
    as_owner(lambda shop: shop.webhooks.change_endpoint(endpoint_id=endpoint, is_on=True))
    say(f"{endpoint} is on.")


@webhook_endpoints.command("off", epilog="Example: shop webhook-endpoints off 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@_endpoint
def switch_off(endpoint: str) -> None:
    """Send an endpoint nothing for now."""
    as_owner(lambda shop: shop.webhooks.change_endpoint(endpoint_id=endpoint, is_on=False))
    say(f"{endpoint} is off.")


@webhook_endpoints.command(
    "rotate", epilog="Example: shop webhook-endpoints rotate 0192f3a4-5b6c-7d8e-9f01-23456789abcd"
)
@_endpoint
def rotate_secret(endpoint: str) -> None:
    """Give an endpoint a new secret, and print it: this once. The one before signs beside it for 24 hours."""
    _, secret = as_owner(lambda shop: shop.webhooks.rotate_secret(endpoint_id=endpoint))
    click.echo(secret)


@webhook_endpoints.command(
    "remove", epilog="Example: shop webhook-endpoints remove 0192f3a4-5b6c-7d8e-9f01-23456789abcd"
)
@_endpoint
def remove_endpoint(endpoint: str) -> None:
    """Tell it nothing any more, for good."""
    as_owner(lambda shop: shop.webhooks.remove_endpoint(endpoint_id=endpoint))
    say(f"Removed {endpoint}.")


@webhook_endpoints.command(
    epilog="Example: shop webhook-endpoints deliveries 0192f3a4-5b6c-7d8e-9f01-23456789abcd --state failed"
)
@_endpoint
@click.option("--state", type=_STATES, help="Only those in this state.")
@limit
@as_json
def deliveries(endpoint: str, state: str | None, limit: int, *, as_json: bool) -> None:
    """What was sent to an endpoint, or is to be, the latest event first."""
    wanted = None if state is None else DeliveryState(state)
    found = as_owner(
        lambda shop: collect(partial(shop.webhooks.list_deliveries, endpoint_id=endpoint, state=wanted), limit)
    )
    if as_json:
        print_json(found.rows)
        return
    rows = (
        (
            each.event_id,
            each.type,
            each.state,
            each.tries,
            "" if each.next_at is None else moment(each.next_at),
            (each.log[-1].problem or each.log[-1].status) if each.log else "",
        )
        for each in found.rows
    )
    print_found(found, ("Event", "Type", "State", "Tries", "Next at", "Last answer"), rows)


@webhook_endpoints.command(
    epilog="Example: shop webhook-endpoints resend 0192f3a4-5b6c-7d8e-9f01-23456789abcd evt_0192f3a4-…_2"
)
@_endpoint
@click.argument("event", metavar="EVENT")
def resend(endpoint: str, event: str) -> None:
    """Send one event again, under its id."""
    as_owner(lambda shop: shop.webhooks.resend(endpoint_id=endpoint, event_id=event))
    say(f"{event} is sent again.")


@webhook_endpoints.command(
    epilog="Example: shop webhook-endpoints replay 0192f3a4-5b6c-7d8e-9f01-23456789abcd --after evt_0192f3a4-…_2"
)
@_endpoint
@click.option("--after", metavar="EVENT", help="The last event that it has; all that are kept, unless said.")
def replay(endpoint: str, after: str | None) -> None:
    """Send an endpoint again what it missed, under the same ids."""
    as_owner(lambda shop: shop.webhooks.replay(endpoint_id=endpoint, after=after))
    say(f"{endpoint} is sent again what came after {after or 'the beginning'}.")


def _shown(endpoint: Endpoint) -> dict[str, object]:
    names = ("id", "url", "description", "events", "is_on", "off_since", "off_reason", "failing_since", "created_at")
    return {name: getattr(endpoint, name) for name in names}

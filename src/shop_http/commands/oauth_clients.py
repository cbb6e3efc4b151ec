"""`shop oauth-clients`: apps that act for people, and integrations that act for themselves."""

from collections.abc import Sequence

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, say
from shopcore.oauth.model import Client


@click.group("oauth-clients")
def oauth_clients() -> None:
    """See, register and remove apps and integrations, which get their tokens by OAuth 2.1."""


@oauth_clients.command("list", epilog="Example: shop oauth-clients list --json")
@limit
@as_json
def list_clients(limit: int, *, as_json: bool) -> None:
    """Those that are registered, oldest first, without their secrets."""
    found = as_owner(lambda shop: collect(shop.oauth.list_clients, limit))
    if as_json:
        print_json([_shown(client) for client in found.rows])
        return
    rows = (
        (client.id, client.name, _kind(client), " ".join(client.scopes), " ".join(client.redirect_uris))
        for client in found.rows
    )
    print_found(found, ("Id", "Name", "Kind", "Scopes", "Redirect addresses"), rows)


@oauth_clients.command(
    "add", epilog='Example: shop oauth-clients add "Our app" --public -r com.example.app:/back -s profile -s orders'
)
@click.argument("name")
@click.option("--scope", "-s", "scopes", multiple=True, required=True, help="What it can ask for, several if need be.")
@click.option(
    "--redirect", "-r", "redirects", multiple=True, help="Where people go back to; without one it acts for itself."
)
@click.option("--public", is_flag=True, help="It can keep no secret, as an app on a telephone or in a browser.")
@as_json
def add_client(name: str, scopes: Sequence[str], redirects: Sequence[str], *, public: bool, as_json: bool) -> None:
    """Register one, and print its id and its secret: the secret this once."""
    client, secret = as_owner(
        lambda shop: shop.oauth.add_client(name=name, scopes=scopes, redirect_uris=redirects, public=public)
    )
    if as_json:
        print_json({**_shown(client), "secret": secret})
        return
    say(f"client_id:     {client.id}")
    if secret is not None:
        say(f"client_secret: {secret}")
        click.echo("The secret is shown this once.", err=True)


@oauth_clients.command("remove", epilog="Example: shop oauth-clients remove 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@click.argument("client", metavar="ID")
def remove_client(client: str) -> None:
    """Remove one: all its tokens are good no more from the next request on."""
    as_owner(lambda shop: shop.oauth.remove_client(client_id=client))
    say(f"Removed {client}.")


@oauth_clients.command(epilog="Example: shop oauth-clients renew-secret 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@click.argument("client", metavar="ID")
def renew_secret(client: str) -> None:
    """Print another secret for one, this once; the secret of before is good no more."""
    say(f"client_secret: {as_owner(lambda shop: shop.oauth.renew_secret(client_id=client))}")
    click.echo("The secret is shown this once.", err=True)


@oauth_clients.command(
    epilog="Example: shop oauth-clients redirect 0192f3a4-5b6c-7d8e-9f01-23456789abcd -r com.example.app:/back"
)
@click.argument("client", metavar="ID")
@click.option("--redirect", "-r", "redirects", multiple=True, required=True, help="Where people go back to.")
def redirect(client: str, redirects: Sequence[str]) -> None:
    """Say where people go back to from an app, and from no other address."""
    changed = as_owner(lambda shop: shop.oauth.change_redirects(client_id=client, redirect_uris=redirects))
    say(f"From {changed.id} people go back to {' '.join(changed.redirect_uris)}.")


def _kind(client: Client) -> str:
    if not client.acts_for_people:
        return "for itself"
    return "for people, public" if client.is_public else "for people, with a secret"


def _shown(client: Client) -> dict[str, object]:
    return {
        "id": client.id,
        "name": client.name,
        "public": client.is_public,
        "scopes": client.scopes,
        "redirect_uris": client.redirect_uris,
        "created_at": moment(client.created_at),
        "created_by": client.created_by,
    }

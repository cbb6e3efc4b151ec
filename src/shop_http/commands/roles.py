"""`shop roles` and `shop api-keys`: who may do what."""

from collections.abc import Sequence

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, say

_permissions = click.option(
    "--permission", "-p", "permissions", multiple=True, required=True, help="What it allows, several times if need be."
)


@click.group()
def roles() -> None:
    """See and make roles: named sets of permissions, which members of staff have."""


@roles.command("list", epilog="Example: shop roles list")
@limit
@as_json
def list_roles(limit: int, *, as_json: bool) -> None:
    """The roles that every shop has, then the shop's own."""
    found = as_owner(lambda shop: collect(shop.access.list_roles, limit))
    if as_json:
        print_json(found.rows)
        return
    rows = ((role.name, role.description, " ".join(role.permissions)) for role in found.rows)
    print_found(found, ("Name", "Description", "Permissions"), rows)


@roles.command("put", epilog="Example: shop roles put packer -p orders:read -p orders:write")
@click.argument("name")
@_permissions
@click.option("--description", default="", help="What it is for.")
def put_role(name: str, permissions: Sequence[str], description: str) -> None:
    """Make a role, or change one of the shop's own."""
    role = as_owner(lambda shop: shop.access.put_role(name=name, description=description, permissions=permissions))
    say(f"The role {role.name} allows {', '.join(role.permissions)}.")


@roles.command("remove", epilog="Example: shop roles remove packer")
@click.argument("name")
def remove_role(name: str) -> None:
    """Remove a role of the shop's own that nobody has."""
    as_owner(lambda shop: shop.access.remove_role(name=name))
    say(f"Removed the role {name}.")


@click.group("api-keys")
def api_keys() -> None:
    """See, make and revoke API keys, which other systems show instead of a person."""


@api_keys.command("list", epilog="Example: shop api-keys list --json")
@limit
@as_json
def list_api_keys(limit: int, *, as_json: bool) -> None:
    """The keys, oldest first, without their secrets."""
    found = as_owner(lambda shop: collect(shop.access.list_api_keys, limit))
    shown = [
        {
            "id": key.id,
            "name": key.name,
            "ending": key.ending,
            "permissions": key.permissions,
            "used_at": key.used_at,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
        }
        for key in found.rows
    ]
    if as_json:
        print_json(shown)
        return
    rows = (
        (key.id, key.name, f"…{key.ending}", " ".join(key.permissions), moment(key.used_at), moment(key.revoked_at))
        for key in found.rows
    )
    print_found(found, ("Id", "Name", "Key", "Permissions", "Last used", "Revoked"), rows)


@api_keys.command("create", epilog="Example: shop api-keys create Warehouse -p inventory:write --days 365")
@click.argument("name")
@_permissions
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; for ever unless set.")
def create_api_key(name: str, permissions: Sequence[str], days: int | None) -> None:
    """Make a key, and print its secret: this once, alone on standard output."""
    key, secret = as_owner(
        lambda shop: shop.access.create_api_key(name=name, permissions=permissions, expires_in_days=days)
    )
    click.echo(f"The key {key.id} is good for {', '.join(key.permissions)}. It is shown this once:", err=True)
    click.echo(secret)


@api_keys.command("revoke", epilog="Example: shop api-keys revoke 0192f3a4-5b6c-7d8e-9f01-23456789abcd")
@click.argument("key")
def revoke_api_key(key: str) -> None:
    """Revoke a key: it is good no more from the next request on."""
    as_owner(lambda shop: shop.access.revoke_api_key(key_id=key))
    say(f"Revoked {key}.")

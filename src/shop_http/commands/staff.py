"""`shop staff`: who works for the shop."""

import sys
from collections.abc import Sequence
from datetime import datetime

import click

from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, print_table, say
from shopcore.administration.model import Colleague, LeftBehind
from shopcore.identity.model.proofs import Proof
from shopcore.kernel.ids import CustomerId
from shopcore.shop import ShopOf


@click.group()
def staff() -> None:
    """See who works for the shop, and make customers members of its staff."""


@staff.command("list", epilog="Example: shop staff list")
@limit
@as_json
def list_staff(limit: int, *, as_json: bool) -> None:
    """The staff by their ids and roles, the longest-serving first, and whose second factor lacks or nobody vouched for.

    Who they are is not printed.
    """
    found = as_owner(lambda shop: collect(shop.people.list_colleagues, limit))
    if as_json:
        print_json([_without_name(each) for each in found.rows])
        return
    print_found(found, ("Id", "Roles", "Since", "Added by", "Second factor", "Vouched for"), map(_row, found.rows))


def _without_name(member: Colleague) -> dict[str, object]:
    return {
        "customer_id": member.id,
        "roles": member.roles,
        "added_at": member.added_at,
        "added_by": member.added_by,
        "has_second_factor": member.has_second_factor,
        "is_vouched_for": member.is_vouched_for,
        "proofs": [
            {"id": each.name, "kind": each.kind, "since": each.since, "is_vouched_for": each.is_vouched_for}
            for each in member.proofs
        ],
    }


def _row(member: Colleague) -> tuple[str, ...]:
    factor, vouched = ("yes" if each else "NO" for each in (member.has_second_factor, member.is_vouched_for))
    return member.id, " ".join(member.roles), moment(member.added_at), member.added_by, factor, vouched


@staff.command(epilog="Example: shop staff add grace@example.com --role support")
@click.argument("email")
@click.option(
    "--role", "-r", "roles", multiple=True, required=True, help="What they are to be, several times if need be."
)
def add(email: str, roles: Sequence[str]) -> None:
    """Make a customer who has verified this e-mail address a member of staff, or give one other roles."""
    added = as_owner(lambda shop: shop.people.add_colleague(email=email, roles=roles))
    say(f"{added.id} is on the staff as {', '.join(added.roles)}.")


@staff.command(epilog="Example: shop staff remove grace@example.com")
@click.argument("member", metavar="EMAIL|ID")
@click.option("--take-over", is_flag=True, help="Keep the API keys and integrations of their making.")
@click.option("--end-apps", is_flag=True, help="End the apps of their making, which act for people, as well.")
def remove(member: str, *, take_over: bool, end_apps: bool) -> None:
    """Let a member of staff go; they stay a customer. Their API keys and integrations end with them, and apps of their
    making are named: they may know the secrets of these.
    """

    async def act(shop: ShopOf) -> tuple[str, LeftBehind]:
        customer_id = (await shop.people.find(email=member)).id if "@" in member else CustomerId(member)
        return customer_id, await shop.people.remove_colleague(
            customer_id=customer_id, take_over=take_over, end_apps=end_apps
        )

    customer_id, left = as_owner(act)
    say(f"{customer_id} is not on the staff any more.")
    for key in left.api_keys:
        say(f"The API key {key.name} ({key.id}) {_now(key.revoked_at)}.")
    for client in left.oauth_clients:
        say(f"The integration {client.name} ({client.id}) {_now(client.removed_at)}.")
    for app in left.apps:
        say(f"The app {app.name} ({app.id}) {_now(app.removed_at)}.")


def _now(ended_at: datetime | None) -> str:
    return "stays good" if ended_at is None else "is good no more"


@staff.command(epilog="Example: shop staff vouch grace@example.com")
@click.argument("member", metavar="EMAIL|ID")
@click.option("--proof", "-p", "meant", multiple=True, help="What is theirs, by its id, without being asked for it.")
def vouch(member: str, meant: Sequence[str]) -> None:
    """Say that the second factor and the passkeys of a member of staff are theirs: all are printed, and asked for.

    Ask them first what they have set up, and when. Needed with STAFF_SECOND_FACTOR=required, where they have not said
    so by the link of the mail.
    """
    customer_id, proofs = as_owner(lambda shop: _proofs_of(shop, member))
    if proofs and not meant:
        rows = ((each.name, each.kind, moment(each.since), "yes" if each.is_vouched_for else "NO") for each in proofs)
        print_table(("Id", "Kind", "Since", "Vouched for"), rows)
        click.confirm("Have they set up all of these themselves?", abort=True)
    names = meant or [each.name for each in proofs]
    as_owner(lambda shop: shop.people.vouch_for_colleague(customer_id=customer_id, proofs=names))
    say(f"What {customer_id} signs in with counts from their next sign-in on.")


async def _proofs_of(shop: ShopOf, member: str) -> tuple[CustomerId, Sequence[Proof]]:
    customer_id = (await shop.people.find(email=member)).id if "@" in member else CustomerId(member)
    staff = await collect(shop.people.list_colleagues, sys.maxsize)
    return customer_id, next((each.proofs for each in staff.rows if each.id == customer_id), ())

"""`shop audit`: who did what."""

from functools import partial

import click

from shop_http.commands.failures import Failure
from shop_http.commands.opening import as_owner, collect
from shop_http.commands.output import as_json, limit, moment, print_found, print_json, say
from shopcore.audit.model import Entry, EntryFilter


@click.group()
def audit() -> None:
    """Read the log of who did what, and check that nobody altered it."""


@audit.command("list", epilog="Example: shop audit list --limit 20")
@click.option("--subject", help="What it was done to, as entries have it.")
@click.option("--actor", help="Who did it, by themselves or by an app.")
@click.option("--action", help="What was done, such as staff.change.")
@limit
@as_json
def list_entries(limit: int, *, subject: str | None, actor: str | None, action: str | None, as_json: bool) -> None:
    """The latest entries, newest first: those that fit all that is named."""
    wanted = EntryFilter(subject=subject, actor=actor, action=action)
    asked = None if wanted == EntryFilter() else wanted
    found = as_owner(lambda shop: collect(partial(shop.audit.list, wanted=asked), limit))
    if as_json:
        print_json(found.rows)
        return
    rows = (
        (each.sequence, moment(each.at), each.actor, each.origin or "", each.action, each.subject, _change(each))
        for each in found.rows
    )
    print_found(found, ("Place", "At", "Who", "From", "Did", "To", "Change"), rows)


@audit.command(epilog="Example: shop audit verify")
def verify() -> None:
    """Walk over the whole log; the exit status is 1 if an entry is not as it was written."""
    found = as_owner(lambda shop: shop.audit.verify())
    if found.first_altered is not None:
        raise Failure(f"entry {found.first_altered} of the audit log is not as it was written")
    say(f"{found.entries} entries, all as they were written. The last has the digest {found.digest}.")


def _change(entry: Entry) -> str:
    names = sorted({*entry.before, *entry.after})
    changes = [(name, entry.before.get(name, ""), entry.after.get(name, "")) for name in names]
    return ", ".join(f"{name}: {old} -> {new}" if old else f"{name}: {new}" for name, old, new in changes if old != new)

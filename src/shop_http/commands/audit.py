"""`shop audit`: who did what."""

from collections import deque
from collections.abc import Sequence

import click

from shop_http.commands.failures import Failure
from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, limit, moment, print_json, print_table, say
from shopcore.audit.model import Entry
from shopcore.kernel.paging import MAX_LIMIT
from shopcore.shop import ShopOf


@click.group()
def audit() -> None:
    """Read the log of who did what, and check that nobody altered it."""


@audit.command("list", epilog="Example: shop audit list --limit 20")
@limit
@as_json
def list_entries(limit: int, *, as_json: bool) -> None:
    """The latest entries, in the order in which they were written."""
    found = as_owner(lambda shop: _latest(shop, limit))
    if as_json:
        print_json(found)
        return
    rows = [(each.sequence, moment(each.at), each.actor, each.action, each.subject, _change(each)) for each in found]
    if rows:
        print_table(("Place", "At", "Who", "Did", "To", "Change"), rows)
    else:
        say("None.")


@audit.command(epilog="Example: shop audit verify")
def verify() -> None:
    """Walk over the whole log; the exit status is 1 if an entry is not as it was written."""
    found = as_owner(lambda shop: shop.audit.verify())
    if found.first_altered is not None:
        raise Failure(f"entry {found.first_altered} of the audit log is not as it was written")
    say(f"{found.entries} entries, all as they were written. The last has the digest {found.digest}.")


async def _latest(shop: ShopOf, limit: int) -> Sequence[Entry]:
    """The log is read from its start, as it is chained."""
    latest: deque[Entry] = deque(maxlen=limit)
    cursor: str | None = None
    while True:
        page = await shop.audit.list(limit=MAX_LIMIT, cursor=cursor)
        latest.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return list(latest)


def _change(entry: Entry) -> str:
    names = sorted({*entry.before, *entry.after})
    changes = [(name, entry.before.get(name, ""), entry.after.get(name, "")) for name in names]
    return ", ".join(f"{name}: {old} -> {new}" if old else f"{name}: {new}" for name, old, new in changes if old != new)

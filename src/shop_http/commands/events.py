"""`shop events`: what happened, for whoever counts and draws."""

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, limit, moment, print_json, print_rows


@click.command(epilog="Example: shop events --after 1767225600000-0 --json")
@click.option("--after", metavar="PLACE", help="Only what stands behind this place in the stream.")
@limit
@as_json
def events(after: str | None, limit: int, *, as_json: bool) -> None:
    """What happened, the oldest first.

    Redis keeps the last EVENT_STREAM_LENGTH events. An event arrives at least once: one with an id that was there
    already is the same event again.
    """
    found = as_owner(lambda shop: shop.events.read(after=after, limit=limit))
    if as_json:
        print_json(found)
        return
    rows = [
        (each.place, moment(each.at), each.name, ", ".join(f"{name}: {each.figures[name]}" for name in each.figures))
        for each in found
    ]
    print_rows(("Place", "At", "What", "Figures"), rows)

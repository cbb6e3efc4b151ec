"""`shop mail`: what the shop writes to people."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import click

from shop_http.commands.opening import as_owner
from shop_http.commands.output import as_json, limit, moment, print_json, print_table, say
from shopcore.notifications.model import Message
from shopcore.shop import read_settings, sample_mails

_WIDTHS = (360, 680)  # pixels: a telephone, a window
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mails</title><meta name="color-scheme" content="light dark">
<style>
body { font: 16px sans-serif; margin: 2em }
section { margin-bottom: 3em }
iframe { height: 640px; border: 1px solid gray; vertical-align: top }
pre { white-space: pre-wrap; max-width: 680px; border: 1px solid gray; padding: 1em }
</style></head><body>
"""


@click.group()
def mail() -> None:
    """See what the shop writes and what was sent, and where mail does not arrive."""


@mail.command(epilog="Example: shop mail preview mails.html --language de")
@click.argument("page", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", help="Another language than that of the settings.")
def preview(page: Path, language: str | None) -> None:
    """Write a page with one mail of each kind, for a narrow and a wide window and as text; nothing is sent."""
    samples = sample_mails(read_settings(), language)
    page.write_text(page_of(samples), encoding="utf-8")
    say(f"{len(samples)} mails in {page}: open it in a browser.")


@mail.command(epilog="Example: shop mail sent")
@as_json
def sent(*, as_json: bool) -> None:
    """Count the messages of the last 30 days by how they ended, those that may have gone twice, and those to come.

    What is to be sent, or has failed for good, is counted by its job, which is there as soon as there is something to
    tell; of a message whose job somebody has given up it says `discarded`.
    """
    tallies = as_owner(lambda shop: shop.messages.tally())
    unsent = as_owner(lambda shop: shop.messages.unsent())
    if as_json:
        print_json({"messages": tallies, "jobs": unsent})
        return
    rows = [(each.kind, each.state, str(each.messages), str(each.repeats)) for each in tallies]
    print_table(("Kind", "State", "Messages", "Possible repeats"), rows)
    if unsent:
        say("\nNot sent, by job:")
        print_table(("Job", "State", "Messages"), [(each.kind, each.state, str(each.count)) for each in unsent])


@mail.group()
def suppressions() -> None:
    """See and lift what keeps an address from being written to."""


@suppressions.command("list", epilog="Example: shop mail suppressions list")
@limit
@as_json
def list_suppressions(limit: int, *, as_json: bool) -> None:
    """Show addresses that mail came back from, by a digest that tells no address."""
    found = as_owner(lambda shop: shop.messages.troubled(limit=limit))
    if as_json:
        print_json(found)
        return
    rows = [(each.id[:16], each.suppressed_by or "-", str(each.delays), moment(each.at)) for each in found]
    print_table(("Digest", "Not written to since it", "Delays", "Last report"), rows)


@suppressions.command(epilog="Example: shop mail suppressions lift ada@example.com")
@click.argument("address")
def lift(address: str) -> None:
    """Let an address be written to again."""
    as_owner(lambda shop: shop.messages.lift(email=address))
    say("It is written to again.")


def page_of(samples: Sequence[tuple[str, Message]]) -> str:
    """The page. Each mail is in frames of its own, which run no script."""
    return _HEAD + "".join(_section(kind, message) for kind, message in samples) + "</body></html>\n"


def _section(kind: str, message: Message) -> str:
    frames = "".join(_frame(message.html or "", width) for width in _WIDTHS)
    return (
        f"<section><h2>{escape(kind)}</h2><p>{escape(message.subject)}</p>\n{frames}"
        f"<pre>{escape(message.text)}</pre></section>\n"
    )


def _frame(content: str, width: int) -> str:
    return f'<iframe sandbox width="{width}" title="{width} pixels wide" srcdoc="{escape(content)}"></iframe>\n'

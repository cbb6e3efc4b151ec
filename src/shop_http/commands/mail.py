"""`shop mail`: what the shop writes to people."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import click

from shop_http.commands.output import say
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
    """See what the shop writes to its customers."""


@mail.command(epilog="Example: shop mail preview mails.html --language de")
@click.argument("page", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", help="Another language than that of the settings.")
def preview(page: Path, language: str | None) -> None:
    """Write a page with one mail of each kind, for a narrow and a wide window and as text; nothing is sent."""
    samples = sample_mails(read_settings(), language)
    page.write_text(page_of(samples), encoding="utf-8")
    say(f"{len(samples)} mails in {page}: open it in a browser.")


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

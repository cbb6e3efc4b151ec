"""Writes down the command line: `python docs/command_line.py` writes the page anew."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from shop_http.cli import main

PAGE = Path(__file__).parent / "reference" / "command-line.md"

HEAD = """# Command line

Each command works on the shop of the folder it is started in, with the [settings](settings.md) that hold there, and
sets an empty one up by itself. Exit status: 0 when it was done, 1 when the shop refused or could not, 2 when the
command, its input or the settings are wrong. What went wrong is said on standard error, in a line that begins with
`shop:`. Times are in UTC, amounts are decimals with their currency; `--json` prints minor units, as the HTTP interface
does. Only `shop orders show` prints personal data.

This page is written by `python docs/command_line.py` from the commands themselves.
"""


def page() -> str:
    """The whole page."""
    with click.Context(main, info_name="shop") as context:
        return "\n".join((HEAD, *_commands(main, context)))


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        with click.Context(command, info_name=name, parent=context) as own:
            if isinstance(command, click.Group):
                yield f"## {own.command_path}\n\n{_text(command.help)}\n"
                yield from _commands(command, own)
            else:
                yield _command(command, own)


def _command(command: click.Command, context: click.Context) -> str:
    level = "##" if context.parent and context.parent.parent is None else "###"
    pieces = " ".join(command.collect_usage_pieces(context))
    options = [_option(each) for each in command.params if isinstance(each, click.Option)]
    table = ["| option | |", "| --- | --- |", *options, ""] if options else []
    example = (command.epilog or "").removeprefix("Example: ")
    return "\n".join(
        (
            f"{level} {context.command_path}\n",
            f"    {context.command_path} {pieces}\n",
            f"{_text(command.help)}\n",
            *table,
            f"    {example}\n",
        )
    )


def _option(option: click.Option) -> str:
    default = f" Default: {option.default}." if option.show_default else ""
    names = " ".join(filter(None, (", ".join(option.opts), _value(option))))
    return f"| `{names}` | {option.help}{default} |"


def _value(option: click.Option) -> str:
    match option.type:
        case _ if option.is_flag:
            return ""
        case click.Choice(choices=choices):
            return ", ".join(map(str, choices))
        case click.File():
            return "FILE"
        case click.types.IntParamType():
            return "NUMBER"
        case _:
            return "TEXT"


def _text(text: str | None) -> str:
    """Paragraphs as they are, without the line breaks of the source."""
    paragraphs = re.split(r"\n\s*\n", (text or "").strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

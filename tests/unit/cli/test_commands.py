"""The tree of commands as a whole, and its page in the documentation."""

import re
import runpy
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from tests.unit.cli.conftest import Run, complaint

from shop_http.cli import main

ROOT = Path(__file__).parents[3]


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        else:
            yield (*above, name), command


TREE = dict(commands(main))


def test_the_reference_is_the_command_line_that_there_is() -> None:
    """`python docs/command_line.py` writes it anew."""
    written = runpy.run_path(str(ROOT / "docs/command_line.py"))["page"]()

    assert written == (ROOT / "docs/reference/command-line.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_a_command_explains_itself_and_shows_an_example(shop: Run, path: tuple[str, ...]) -> None:
    """Every option has a line of help, and the example is one of this very command."""
    printed = shop(*path, "--help").stdout

    assert TREE[path].help
    assert f"Example: {'shop ' + ' '.join(path)}" in " ".join(printed.split()) or path == ("worker",)
    assert [each.name for each in TREE[path].params if isinstance(each, click.Option) and not each.help] == []


def test_no_document_names_a_command_that_is_not_there() -> None:
    """`shop something else` in the documents is a command, and so are its options."""
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    named = {
        (page.name, tuple(line.split()[1:]))
        for page in pages
        for line in re.findall(r"^ {4}(shop [a-z].*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert named
    assert [found for found in named if not _exists(found[1])] == []


def _exists(words: tuple[str, ...]) -> bool:
    path = next((known for known in TREE if words[: len(known)] == known), None)
    if path is None:
        return False
    options = {option for each in TREE[path].params for option in each.opts}
    return all(word in options for word in words if word.startswith("--"))


def test_the_version_is_that_of_the_package(shop: Run) -> None:
    assert shop("--version").stdout == f"shop {version('shopcore')}\n"


def test_what_is_no_command_is_refused_in_one_line(shop: Run) -> None:
    """Nor an option, nor a word too many."""
    assert complaint(shop("frobnicate", status=2)) == "No such command 'frobnicate'. See shop --help."
    assert complaint(shop("orders", "list", "--colour", status=2)).startswith("No such option '--colour'.")
    assert complaint(shop("migrate", "now", status=2)).startswith("Got unexpected extra argument")

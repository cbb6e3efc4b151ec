"""What is larger than a page or a screen is two things: files, functions and use cases have an end, without exceptions.

A use case that grows needs a step, a file that grows needs a word for one half of it.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

import shop_http
import shopcore

SOURCE = (Path(shopcore.__file__).parent, Path(shop_http.__file__).parent)
FILES = sorted(file for package in SOURCE for file in package.rglob("*.py"))

FILE, USE_CASE, FUNCTION, USUAL = 300, 100, 50, 8
"""Lines at the most, and those of a function that has as many longer as shorter than it."""

NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def functions(source: str) -> tuple[tuple[str, int], ...]:
    """Each function and its lines, from `def` to its end."""
    found = (node for node in ast.walk(ast.parse(source)) if isinstance(node, FUNCTIONS))
    return tuple((node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found)


def breaches(file: Path, source: str) -> Iterator[str]:
    """Each rule that a file breaks, with how far it is over."""
    lines, most = source.count("\n"), USE_CASE if file.parent.name == "use_cases" else FILE
    if lines > most:
        yield f"{lines} lines, of {most}"
    yield from (f"{name}: {length} lines, of {FUNCTION}" for name, length in functions(source) if length > FUNCTION)
    if file.stem in NAMELESS:
        yield "a name that says nothing"


def test_nothing_is_larger_than_it_may_be() -> None:
    assert {str(file): found for file in FILES if (found := list(breaches(file, file.read_text())))} == {}


def test_a_usual_function_is_short() -> None:
    assert median(length for file in FILES for _name, length in functions(file.read_text())) <= USUAL


@pytest.mark.parametrize(
    ("name", "source", "breach"),
    [
        ("ports.py", "x = 1\n" * 301, "301 lines, of 300"),
        ("use_cases/place_order.py", "x = 1\n" * 101, "101 lines, of 100"),
        ("ports.py", "async def place():\n" + "    x = 1\n" * 50, "place: 51 lines, of 50"),
        ("ports.py", "class Orders:\n    def place(self):\n" + "        x = 1\n" * 50, "place: 51 lines, of 50"),
        ("utils.py", "", "a name that says nothing"),
    ],
)
def test_what_is_too_large_is_noticed(name: str, source: str, breach: str) -> None:
    assert list(breaches(Path(name), source)) == [breach]


def test_as_large_as_may_be_is_not_too_large() -> None:
    assert list(breaches(Path("ports.py"), "def place():\n" + "    x = 1\n" * 49 + "x = 1\n" * 250)) == []
    assert list(breaches(Path("use_cases/place_order.py"), "x = 1\n" * 100)) == []


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 500

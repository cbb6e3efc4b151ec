"""What is larger than a page or a screen is two things: files, functions and use cases have an end, without exceptions.

A use case that grows needs a step, a file that grows needs a word for one half of it.
"""

import ast
import re
import tomllib
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

FEW, MANY = 6, 10
"""Collaborators of a use case in a feature, and in a process, which composes them."""
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
(HOUSE,) = (
    contract["layers"]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if contract["type"] == "layers" and contract.get("containers") == ["shopcore"]
)
FEATURES = set(re.findall(r"\w+", HOUSE[-2]))
VALUES = {"bool", "int", "str", "float", "timedelta", "None", "Collection", "Sequence", "Mapping", "Container"}

NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def functions(source: str) -> tuple[tuple[str, int], ...]:
    """Each function and its lines, from `def` to its end."""
    found = (node for node in ast.walk(ast.parse(source)) if isinstance(node, FUNCTIONS))
    return tuple((node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found)


def collaborators(source: str) -> Iterator[tuple[str, int]]:
    """Each class that can be called, and how many of its fields are more than a value."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and any(getattr(each, "name", "") == "__call__" for each in node.body):
            fields = [each.annotation for each in node.body if isinstance(each, ast.AnnAssign)]
            words = [{name.id for name in ast.walk(field) if isinstance(name, ast.Name)} for field in fields]
            yield node.name, sum(not named <= VALUES for named in words)


def breaches(file: Path, source: str) -> Iterator[str]:
    """Each rule that a file breaks, with how far it is over."""
    lines, most = source.count("\n"), USE_CASE if file.parent.name == "use_cases" else FILE
    if lines > most:
        yield f"{lines} lines, of {most}"
    yield from (f"{name}: {length} lines, of {FUNCTION}" for name, length in functions(source) if length > FUNCTION)
    if file.stem in NAMELESS:
        yield "a name that says nothing"
    if file.parent.name == "use_cases":
        few = FEW if file.parents[1].name in FEATURES else MANY
        yield from (f"{name}: {count} collaborators, of {few}" for name, count in collaborators(source) if count > few)


def test_nothing_is_larger_than_it_may_be() -> None:
    assert {str(file): found for file in FILES if (found := list(breaches(file, file.read_text())))} == {}


def test_a_usual_function_is_short() -> None:
    assert median(length for file in FILES for _name, length in functions(file.read_text())) <= USUAL


def composed_of(ports: int) -> str:
    """A use case of so many ports, and of values besides."""
    fields = [f"    port_{number}: Mapping[str, Port]" for number in range(ports)]
    return "\n".join(("class Pay:", *fields, "    names: Collection[str]", "    async def __call__(self, actor): ..."))


@pytest.mark.parametrize(
    ("name", "source", "breach"),
    [
        ("ports.py", "x = 1\n" * 301, "301 lines, of 300"),
        ("use_cases/place_order.py", "x = 1\n" * 101, "101 lines, of 100"),
        ("ports.py", "async def place():\n" + "    x = 1\n" * 50, "place: 51 lines, of 50"),
        ("ports.py", "class Orders:\n    def place(self):\n" + "        x = 1\n" * 50, "place: 51 lines, of 50"),
        ("utils.py", "", "a name that says nothing"),
        ("payments/use_cases/pay.py", composed_of(7), "Pay: 7 collaborators, of 6"),
        ("checkout/use_cases/pay.py", composed_of(11), "Pay: 11 collaborators, of 10"),
    ],
)
def test_what_is_too_large_is_noticed(name: str, source: str, breach: str) -> None:
    assert list(breaches(Path(name), source)) == [breach]


def test_as_large_as_may_be_is_not_too_large() -> None:
    assert list(breaches(Path("ports.py"), "def place():\n" + "    x = 1\n" * 49 + "x = 1\n" * 250)) == []
    assert list(breaches(Path("use_cases/place_order.py"), "x = 1\n" * 100)) == []
    assert list(breaches(Path("payments/use_cases/pay.py"), composed_of(6))) == []
    assert list(breaches(Path("checkout/use_cases/pay.py"), composed_of(10))) == []


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 500
    assert {"catalog", "payments"} < FEATURES
    assert "checkout" not in FEATURES

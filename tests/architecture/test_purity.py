"""The model asks nobody anything: what it needs, time and ids included, comes in as arguments.

The contracts see what is imported; this sees what is called, awaited and raised.
"""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import shopcore

pytestmark = pytest.mark.core

SOURCE = Path(shopcore.__file__).parent
MODELS = sorted([*SOURCE.glob("*/model.py"), *SOURCE.glob("*/model/**/*.py")])
PURE = ("kernel", *sorted({file.relative_to(SOURCE).parts[0] for file in SOURCE.glob("*/use_cases/__init__.py")}))

IMPURE_MODULES = {
    "clock": {"time"},
    "randomness": {"random", "secrets"},
    "logging": {"logging", "structlog", "warnings"},
    "I/O": {
        "asyncio",
        "io",
        "os",
        "pathlib",
        "shutil",
        "socket",
        "sqlite3",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
    },
}
IMPURE_ATTRIBUTES = {"clock": {"now", "today", "utcnow"}, "randomness": {"uuid1", "uuid4", "urandom"}}
IMPURE_CALLS = {"logging": {"print"}, "I/O": {"open", "input"}}
ASYNC = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
# A refusal has a name and a code; these have neither. TypeError and AssertionError are for bugs, which are no refusals.
NAMELESS = {"ArithmeticError", "BaseException", "Exception", "KeyError", "LookupError", "RuntimeError", "ValueError"}


def impurities(source: str) -> Iterator[tuple[int, str]]:
    """Each line that a model must not have, with its reason."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                roots = {alias.name.split(".")[0] for alias in names}
                yield from ((node.lineno, kind) for kind, modules in IMPURE_MODULES.items() if roots & modules)
            case ast.ImportFrom(module=str(module), names=names):
                root, members = module.split(".")[0], {alias.name for alias in names}
                yield from ((node.lineno, kind) for kind, modules in IMPURE_MODULES.items() if root in modules)
                yield from ((node.lineno, kind) for kind, taboo in IMPURE_ATTRIBUTES.items() if members & taboo)
            case ast.Attribute(value=ast.Name() | ast.Attribute() as owner, attr=name):
                # `quote.now` is a field; `datetime.now` asks the machine.
                asked = ast.unparse(owner).split(".")[-1] in {"datetime", "date", "uuid", "os"}
                yield from ((node.lineno, kind) for kind, names in IMPURE_ATTRIBUTES.items() if asked and name in names)
            case ast.Call(func=ast.Name(id=name)):
                yield from ((node.lineno, kind) for kind, names in IMPURE_CALLS.items() if name in names)
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) | ast.Name(id=name)) if name in NAMELESS:
                yield node.lineno, "nameless error"
            case _ if isinstance(node, ASYNC):
                yield node.lineno, "async"
            case _:
                pass


@pytest.mark.parametrize("file", MODELS, ids=lambda file: str(file.relative_to(SOURCE)))
def test_the_model_is_pure(file: Path) -> None:
    assert list(impurities(file.read_text())) == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("async def place(): ...", "async"),
        ("async def place():\n    await save()", "async"),
        ("import time", "clock"),
        ("from time import monotonic", "clock"),
        ("at = datetime.now(UTC)", "clock"),
        ("at = datetime.datetime.now(UTC)", "clock"),
        ("day = date.today()", "clock"),
        ("def place(ask=datetime.now): ...", "clock"),
        ("import random", "randomness"),
        ("from secrets import token_hex", "randomness"),
        ("order_id = uuid.uuid4()", "randomness"),
        ("from uuid import uuid4", "randomness"),
        ("import logging.handlers", "logging"),
        ("from structlog import get_logger", "logging"),
        ("print(order)", "logging"),
        ("import sqlite3", "I/O"),
        ("from pathlib import Path", "I/O"),
        ("rows = open('orders.csv')", "I/O"),
        ("raise ValueError('quantity')", "nameless error"),
        ("raise Exception", "nameless error"),
        ("raise RuntimeError(1) from None", "nameless error"),
    ],
)
def test_an_impurity_is_noticed(line: str, kind: str) -> None:
    """Planted into every model in turn, each is found where it stands and called what it is."""
    for file in MODELS:
        clean = file.read_text()

        assert any(found == kind for number, found in impurities(f"{clean}\n{line}\n") if number > clean.count("\n"))


def test_fields_may_have_the_names_of_the_impure() -> None:
    assert list(impurities("at = quote.now\nraise OutOfStock(sku)\nraise error\ndef open(): ...\n")) == []


def test_there_are_models_to_look_at() -> None:
    assert len(MODELS) > 1
    assert len(PURE) > 1


@pytest.mark.parametrize("package", PURE)
def test_the_hexagon_imports_without_any_driver(package: str) -> None:
    """Where nothing but the core's own needs is installed, in the `core` session, this is what proves it."""
    root = importlib.import_module(f"shopcore.{package}")
    for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
        importlib.import_module(module.name)

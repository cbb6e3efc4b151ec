"""Which repositories of MongoDB see the past, and that each method is asked where the server tells its plan."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADAPTERS = ROOT / "src/shopcore/adapters/mongo"
CONTRACTS = ROOT / "src/shopcore/testing/contracts"
PAGE = ROOT / "docs/how-to/more-than-one-server.md"

SEES_THE_PAST = {"read_past", "scan", "read_seen"}
BY_OTHERS = {"MongoCatalogRevision.turn", "MongoPaces.within"}
"""What no port has: the products turn the revision, and the queue asks for its paces."""


def repositories() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """Every public method that waits, as `Class.method`; the database itself is what they are made of."""
    for file in sorted(ADAPTERS.glob("*.py")):
        if file.name == "database.py":
            continue
        for owner in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(owner, ast.ClassDef) or not owner.name.startswith("Mongo"):
                continue
            for each in owner.body:
                if isinstance(each, ast.AsyncFunctionDef) and not each.name.startswith("_"):
                    yield f"{owner.name}.{each.name}", each


def attributes(node: ast.AST) -> set[str]:
    return {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def test_each_method_is_asked_by_a_contract() -> None:
    """On MongoDB the contracts run under the server's profiler, and fail where a statement walks over a collection or
    names no shard: so there is no method of which nobody knows.
    """
    asked = {name for file in CONTRACTS.glob("*.py") for name in attributes(ast.parse(file.read_text("utf-8")))}
    unasked = {name for name, _ in repositories() if name.partition(".")[2] not in asked}

    assert unasked == BY_OTHERS


def test_the_page_says_who_sees_the_past() -> None:
    """All others read the primary: what a reader decides by must be what is."""
    seeing = {name for name, method in repositories() if attributes(method) & SEES_THE_PAST}
    section = PAGE.read_text("utf-8").partition("## What is read from secondaries")[2].partition("\n## ")[0]

    assert set(re.findall(r"`(Mongo\w+\.\w+)`", section)) == seeing

"""What the documents say of the tree is so: numbers, links, paths and the parts of the house."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")))
DECISIONS = sorted(DOCS.glob("decisions/0*.md"))
_AROUND = {"adapters", "container", "kernel", "settings", "testing"}
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
NAMED = {
    "alg none",
    "key confusion",
    "`kid` path tricks",
    "expired and future tokens",
    "refresh replay",
    "session fixation",
    "CSRF",
    "CORS with a null and a look-alike origin",
    "host-header poisoning of reset links",
    "reset token reuse",
    "reset token guessing",
    "mass assignment of role and price",
    "foreign carts",
    "foreign orders",
    "foreign addresses and sessions",
    "enumeration by status",
    "enumeration by time",
    "header injection",
    "oversized JSON",
    "deeply nested JSON",
    "slow bodies",
    "unicode look-alike e-mails",
}
_PATH = re.compile(r"`((?:shopcore|shop_http|tests|docs)/[\w./-]+)`")


def test_a_number_names_one_decision() -> None:
    numbers = Counter(page.name[:4] for page in DECISIONS)

    assert [number for number, pages in numbers.items() if pages > 1] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_headed_by_its_number(page: Path) -> None:
    assert page.read_text(encoding="utf-8").startswith(f"# {page.name[:4]} ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lost = [
        link for link in _LINK.findall(text) if not (DOCS / link[1:] if link[0] == "/" else page.parent / link).exists()
    ]
    lost += [path for path in _PATH.findall(text) if not any((top / path).exists() for top in (ROOT, ROOT / "src"))]

    assert lost == []


def test_the_tour_names_every_part_of_the_house() -> None:
    """Each feature, process and adapter; the kernel and what stands around are not among them."""
    tour = (DOCS / "tour.md").read_text(encoding="utf-8")
    house = ROOT / "src/shopcore"
    parts = {folder.parent.name for folder in house.glob("*/__init__.py")} - _AROUND
    adapters = {f"adapters/{folder.parent.name}" for folder in house.glob("adapters/*/__init__.py")}

    assert {part for part in parts | adapters if f"`{part}`" not in tour} == set()


def test_the_guide_for_testers_names_every_contract() -> None:
    """So that whoever writes a store of their own knows all that it has to pass."""
    page = (DOCS / "how-to/test-with-shopcore.md").read_text(encoding="utf-8")
    files = (ROOT / "src/shopcore/testing/contracts").glob("[!_]*.py")
    contracts = {file.stem for file in files if re.search(r"^class \w+Contract\b", file.read_text(), re.MULTILINE)}

    assert contracts > {"gateway", "products"}
    assert {name for name in contracts if f"`{name}`" not in page} == set()


def _functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _rows(page: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each attack, and the tests that try it."""
    table = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| ")]
    rows = [(attack.strip(), _TEST.findall(tests)) for attack, tests in table]
    return [row for row in rows if row[0] not in {"attack", "---"}]


def test_every_named_attack_is_a_test() -> None:
    """The tests that the page names are there, and it names all that are in front of the merchant's mind."""
    rows = _rows((DOCS / "reference/named-attacks.md").read_text(encoding="utf-8"))
    lost = [f"{file}::{name}" for _, tests in rows for file, name in tests if name not in _functions(file)]

    assert lost == []
    assert [attack for attack, tests in rows if not tests] == []
    assert NAMED - {attack for attack, _ in rows} == set()


def test_an_attack_without_its_test_is_noticed() -> None:
    rows = _rows("| alg none | `tests/security/test_tokens.py::test_alg_nine` |\n| CSRF | we think of it |\n")

    assert "test_alg_nine" not in _functions(rows[0][1][0][0])
    assert rows[1] == ("CSRF", [])

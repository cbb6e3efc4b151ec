"""What the documents say of the tree is so: numbers, links, paths and the parts of the house."""

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

"""The papers tell the truth."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def example() -> str:
    """The Python of the README."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_readmes_purchase_runs_as_it_stands(tmp_path: Path) -> None:
    """A stranger copies the example into a file, and has an order, a shop's file and a mail."""
    shutil.copy(ROOT / "src/shop_http/sample_products.csv", tmp_path / "products.csv")
    (tmp_path / "buy.py").write_text(example(), encoding="utf-8")

    command = [sys.executable, "buy.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=50)

    assert ran.returncode == 0, ran.stderr
    assert re.fullmatch(r"\w{4}-\w{4} \d+\.\d\d USD succeeded\n", ran.stdout)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    assert (tmp_path / "shop.db").exists()


def test_the_drawn_life_of_an_order_is_the_one_that_is_enforced() -> None:
    """The page and its picture are what the transition table gives today."""
    drawing = runpy.run_path(str(ROOT / "docs/order_life.py"))

    assert drawing["page"]() == (ROOT / "docs/reference/order-life.md").read_text(encoding="utf-8")
    assert drawing["picture"]() == (ROOT / "docs/reference/order-life.svg").read_text(encoding="utf-8")


def test_the_tour_names_files_that_are_there() -> None:
    """Whoever follows the tour finds each room."""
    text = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:shop_http|shopcore|tests)/[\w/.]+)`", text)

    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists() and not (ROOT / "src" / path).exists()] == []

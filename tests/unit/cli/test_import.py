"""`shop import products`: what becomes of a merchant's file."""

import csv
import os
import subprocess
from pathlib import Path

from tests.unit.cli.conftest import SAMPLE, SHOP, Run, complaint, decoded

HEADER = "Handle,Title,Published,Variant Price\n"


def written(folder: Path, text: str) -> str:
    (folder / "products.csv").write_text(text, encoding="utf-8")
    return "products.csv"


def test_a_file_is_taken_once(shop: Run) -> None:
    """The first run creates every product, the second changes nothing."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        products = len({row["Handle"] for row in csv.DictReader(file)})

    first = decoded(shop("import", "products", str(SAMPLE), "--json"))
    second = shop("import", "products", str(SAMPLE))

    assert first == {"created": products, "updated": 0, "unchanged": 0, "refused": []}
    assert second.stdout == f"Products: 0 created, 0 updated, {products} unchanged. Rows refused: 0.\n"
    assert second.stderr == ""  # no bar where nobody looks on


def test_a_refused_row_is_named_with_its_reason_and_the_rest_is_taken(shop: Run, folder: Path) -> None:
    """Row, handle, column and rule; the exit status is 0, for something was imported."""
    file = written(folder, HEADER + "tea,Tea,true,4.50\nmug,Mug,true,\nbad,Bad,true,1.999\n")

    report = shop("import", "products", file).stdout

    mug = next(line for line in report.splitlines() if "mug" in line).split()
    assert mug[:2] == ["3", "mug"]
    assert mug[2:4] == ["Variant", "Price"]
    assert "more decimals than USD has" in report
    assert report.endswith("Products: 1 created, 0 updated, 0 unchanged. Rows refused: 2.\n")


def test_a_file_of_which_nothing_could_be_taken_is_a_failure(shop: Run, folder: Path) -> None:
    """The report is printed, and the exit status is 1."""
    file = written(folder, HEADER + "mug,Mug,true,\n")

    report = decoded(shop("import", "products", file, "--json", status=1))

    assert [refusal["field"] for refusal in report["refused"]] == ["Variant Price"]


def test_a_wrong_header_is_refused_in_one_line_before_anything_is_written(shop: Run, folder: Path) -> None:
    """It says that it is the header, and which column is missing."""
    line = complaint(shop("import", "products", written(folder, "Name,Price\nTea,4.50\n"), status=2))

    assert line.startswith("the file cannot be read: header: ")
    assert "Handle" in line
    assert shop("products", "list").stdout == "None.\n"


def test_a_file_that_is_not_there_is_refused_in_one_line(shop: Run, folder: Path) -> None:
    """Nor is a shop set up for it."""
    line = complaint(shop("import", "products", "nowhere.csv", status=2))

    assert line == "Invalid value for 'FILE': File 'nowhere.csv' does not exist. See shop import products --help."
    assert list(folder.iterdir()) == []


def test_somebody_who_looks_on_sees_a_bar_of_rows(folder: Path) -> None:
    """On a terminal, on standard error; the report on standard output stays as it is."""
    rows = len(SAMPLE.read_text(encoding="utf-8").splitlines()) - 1
    ours, theirs = os.openpty()
    command = [*SHOP, "import", "products", str(SAMPLE), "--json"]

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    ) as running:
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
        assert running.stdout is not None
        report = running.stdout.read()

    os.close(ours)
    assert running.returncode == 0
    assert f"{rows}/{rows}".encode() in seen
    assert report.startswith(b"{")


def _read(terminal: int) -> bytes:
    """A terminal that nobody writes to any more is an error on Linux, not an end."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""

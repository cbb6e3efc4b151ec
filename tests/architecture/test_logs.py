"""What is logged of exceptions."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
RENDERED = {SOURCE / "shop_http/logs.py"}
"""What others have logged, on its way to the one form in which it may be written."""

_WHOLE = re.compile(r"\bexc_info=|\b_?log(ger)?\.exception\(")


def whole(text: str) -> list[str]:
    """The lines that log an exception itself."""
    return [line.strip() for line in text.splitlines() if _WHOLE.search(line)]


def test_an_exception_is_logged_by_its_places_alone() -> None:
    """In a program that has configured no log, what renders an exception shows its words and local variables."""
    found = {file: whole(file.read_text("utf-8")) for file in SOURCE.rglob("*.py") if file not in RENDERED}

    assert {file: lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize("line", ['_log.error("broken", exc_info=error)', '    _log.exception("broken")'])
def test_one_that_logs_it_whole_is_noticed(line: str) -> None:
    assert whole(line)
    assert not whole('_log.error("broken", exception=traceback_of(error))')

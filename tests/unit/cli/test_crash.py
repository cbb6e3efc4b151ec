"""A command that breaks on something that nobody has thought of."""

import subprocess
import sys

BROKEN = """
import sys, click
from shop_http.cli import main

@main.command()
@click.argument("mailbox")
def broken(mailbox):
    raise ValueError(mailbox)

main(["broken", "ada@example.com"])
"""


def test_it_says_where_on_standard_error_and_not_on_what() -> None:
    ended = subprocess.run([sys.executable, "-c", BROKEN], capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "crashed" in ended.stderr
    assert "ValueError" in ended.stderr
    assert "ada@example.com" not in ended.stderr

"""`shop serve` and `shop worker` as processes of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.cli.conftest import SHOP, Buy, Run, complaint, decoded


@contextmanager
def running(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A command that stays; ended by the test, or killed after it."""
    process = subprocess.Popen(
        [*SHOP, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **settings},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], pattern: str) -> str:
    """Waits for a line that a person reads."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found.group(1)
    pytest.fail(f"the process ended without saying {pattern}")


def ended(process: subprocess.Popen[str], by: signal.Signals) -> list[dict[str, str]]:
    """Ends it and gives the lines of its log, which are all JSON."""
    process.send_signal(by)
    logged, complained = process.communicate(timeout=20)
    assert process.returncode == 0, complained
    return [json.loads(line) for line in logged.splitlines()]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_sample_shop_is_served_until_it_is_told_to_stop(folder: Path, by: signal.Signals) -> None:
    """An empty folder, one command: products over HTTP on the port that it says, and an end without a trace."""
    with running("serve", "--sample", "--port", "0") as process:
        stocked = heard(process, r"Stocked the empty shop with (\d+) sample products")
        url = heard(process, r"Serving on (http://127\.0\.0\.1:\d+)")
        with urllib.request.urlopen(f"{url}/products?limit=100", timeout=10) as answer:
            products = json.load(answer)["items"]
        log = ended(process, by)

    assert 0 < len(products) <= int(stocked)  # of which some are drafts
    assert {"event": "listening", "url": url}.items() <= log[0].items()
    assert not (folder / "shop.db-wal").exists()  # the shop was closed, not cut off


def test_a_shop_with_products_gets_no_sample(stocked: Path) -> None:
    """Serving again with the same command changes nothing."""
    with running("serve", "--sample", "--port", "0") as process:
        assert heard(process, r"(already); the sample was not taken")
        heard(process, r"(Serving on)")
        ended(process, signal.SIGTERM)


def test_a_worker_does_what_a_separate_shop_leaves_to_it(shop: Run, buy: Buy, folder: Path) -> None:
    """The mail of an order lies in the folder, and the worker ends when it is told to."""
    number = buy(worked_off=False).number
    with running("worker", WORKER="separate") as process:
        heard(process, r"(Working for) shop.db")
        while decoded(shop("jobs", "list", "--state", "waiting", "--json")):
            pass
        log = ended(process, signal.SIGTERM)

    assert [line["event"] for line in log] == ["working", "stopped"]
    (mail,) = (folder / "mail").glob("*.eml")
    assert number in mail.read_text(encoding="utf-8")


_WATCHED = """
import gc, os, signal, sys, threading
from shop_http.cli import main

def watch():
    while not gc.get_freeze_count():
        looked.wait(0.01)
    print("settled at", gc.get_threshold()[0], file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

looked = threading.Event()
threading.Thread(target=watch, daemon=True).start()
main(sys.argv[1:])
"""


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"]], ids=["serve", "worker"])
def test_what_a_process_begins_with_is_not_collected_again(folder: Path, command: list[str]) -> None:
    """Neither while it serves nor while it works is the whole of it looked through for garbage, again and again."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, *command], capture_output=True, text=True, cwd=folder, timeout=100, check=False
    )
    settled = re.search(r"settled at (\d+)", done.stderr)

    assert settled, done.stderr
    assert int(settled[1]) > 2_000  # CPython's own: 700, and 2,000 later


def test_an_address_that_is_taken_is_said_to_be(shop: Run, folder: Path) -> None:
    """In one line, before a shop is set up."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = complaint(shop("serve", "--port", str(port), status=1))

    assert line == f"127.0.0.1:{port}: Address already in use"
    assert not (folder / "shop.db").exists()


def test_wrong_options_of_the_server_are_named(shop: Run) -> None:
    """A port that is none, and no port at all."""
    assert "'--port'" in complaint(shop("serve", "--port", "65536", status=2))
    assert "'--port'" in complaint(shop("serve", "--port", "http", status=2))

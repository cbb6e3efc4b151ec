"""The server as a process of its own."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import ORDER, PRODUCTS, lasting, settings_for

from shop_http.serving import _config, _listener, _Server, serve
from shopcore.shop import Shop

SERVE = """
import sys
from pathlib import Path
from shop_http.serving import _config, _listener, _Server, serve
from shopcore.shop import Shop
from shopcore.shop import Settings, owner

async def stock(shop):
    await shop.as_(owner()).catalog.import_products(file=shop.product_file(Path(sys.argv[1])))

def ready(port):
    print(f"port {port}", file=sys.stderr, flush=True)

settings = Settings(
    store_url="sqlite:///shop.db", mail_dir="mail", port=0, app_url="http://127.0.0.1:0", rate_limits="off"
)
serve(settings, prepare=stock, ready=ready)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(PRODUCTS)], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        try:
            word, _, port = process.stderr.readline().decode().partition(" ")
            assert word == "port", process.stderr.read().decode()
            yield process, f"http://127.0.0.1:{int(port)}"
        finally:
            process.kill()


def logged(process: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    assert process.stdout is not None
    return [json.loads(line) for line in process.stdout.read().splitlines()]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_told_to_end_it_finishes_what_is_in_flight_and_logs_each_request(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    """The slow bank takes 3 seconds for its answer; the server is told to end meanwhile."""
    process, address = server
    with httpx.Client(base_url=address, timeout=20) as client:
        added = client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
        headers = {"X-Cart-Token": added.headers["x-cart-token"], "Idempotency-Key": "k"}
        answers: list[httpx.Response] = []

        def check_out() -> None:
            command = {**ORDER, "payment": {"method": "slow"}}
            answers.append(client.post("/cart/checkout", json=command, headers=headers))

        buyer = threading.Thread(target=check_out)
        buyer.start()
        deadline = time.monotonic() + 10
        while "in_flight 2.0" not in httpx.get(f"{address}/metrics").text:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        buyer.join(timeout=20)
    process.wait(timeout=20)
    lines = logged(process)

    assert process.returncode == 0
    assert [answer.status_code for answer in answers] == [201]
    assert answers[0].json()["payment"]["status"] == "succeeded"
    assert [line["status"] for line in lines if line.get("route") == "/cart/checkout"] == [201]
    assert all({"at", "level", "event"} <= set(line) for line in lines)
    assert "ada@example.com" not in json.dumps(lines)
    assert headers["X-Cart-Token"] not in json.dumps(lines)


def test_a_port_of_its_own_choice_stands_in_the_addresses_it_gives(server: tuple[subprocess.Popen[bytes], str]) -> None:
    _, address = server
    with httpx.Client(base_url=address, timeout=20) as client:
        added = client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
        headers = {"X-Cart-Token": added.headers["x-cart-token"], "Idempotency-Key": "k"}
        command = {**ORDER, "payment": {"method": "requires_action"}}
        bought = client.post("/cart/checkout", json=command, headers=headers)

    assert httpx.get(bought.json()["payment"]["next_action"]["url"]).status_code == 200


def test_an_address_that_is_taken_is_an_error_at_once(tmp_path: Path) -> None:
    """Before anything is opened, so that a second start by mistake touches nothing."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settings_for(tmp_path, **lasting(tmp_path), port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            serve(settings)

    assert list(tmp_path.iterdir()) == []


async def get_ready(address: str) -> httpx.Response:
    """Over a connection of its own, as a probe does."""
    async with httpx.AsyncClient() as client:
        return await client.get(f"{address}/health/ready")


@pytest.mark.anyio
@pytest.mark.parametrize(("trusted", "believed"), [((), False), (("127.0.0.1",), True)])
async def test_a_proxy_on_this_machine_is_believed_only_if_it_is_named(
    tmp_path: Path, trusted: tuple[str, ...], believed: bool
) -> None:
    """Uvicorn by itself would believe every process beside it."""
    settings = settings_for(tmp_path, trusted_proxies=trusted)
    listening = asyncio.Event()
    with _listener(settings) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with Shop.open(settings) as shop:
            server = _Server(_config(shop), shop, listening.set)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await listening.wait()
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"{address}/products", headers={"X-Forwarded-Proto": "https"})
            server.handle_exit(signal.SIGTERM, None)
            await serving

    assert ("strict-transport-security" in answer.headers) is believed


@pytest.mark.anyio
async def test_in_production_it_says_not_ready_before_it_stops_answering(tmp_path: Path) -> None:
    """Whoever sends requests here has time to see it; a second Ctrl-C does not wait."""
    settings = settings_for(tmp_path, shop_env="production", port=0)
    listening = asyncio.Event()
    with _listener(settings) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with Shop.open(settings) as shop:
            server = _Server(_config(shop), shop, listening.set)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await listening.wait()
            before = await get_ready(address)
            server.handle_exit(signal.SIGTERM, None)
            draining = await get_ready(address)
            server.handle_exit(signal.SIGINT, None)
            await serving

    assert (before.status_code, draining.status_code) == (200, 503)
    assert draining.json()["status"] == "draining"

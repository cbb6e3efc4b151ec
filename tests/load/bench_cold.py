"""What a product page costs that no cache has, on MongoDB, beside a bare `find_one` of the same product.

Two fair pairs. Over HTTP: the shop's server, and a bare Litestar handler that asks for the one document and answers
with it; each request of a round spells its address in another way, so that no page of the last second is found. Without
HTTP: the use case and the driver's `find_one`, in one process, one after the other. Compared is the processor time of
the process that asks: what MongoDB itself needs is little in both, and nobody works while they wait for it.
"""

import asyncio
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from tests.load import bench
from tests.load.servers import start
from tests.load.wire import Connection

from shopcore.kernel.actor import Guest
from shopcore.settings import Settings
from shopcore.shop import Shop

_SLUG = "shirt-7"
_REQUESTS = 1_280  # a round over HTTP
_LOOKS = 1_500  # a round without
_ROUNDS = 5

_BARE = """
import socket, sys
import msgspec, uvicorn
from litestar import Litestar, get
from litestar.response.base import ASGIResponse
from pymongo import AsyncMongoClient

@get("/products/{slug:str}")
async def detail(slug: str) -> ASGIResponse:
    found = await app.state.products.find_one({"slug": slug})
    return ASGIResponse(body=msgspec.json.encode(found, enc_hook=int), media_type="application/json")

async def connect() -> None:
    app.state.products = AsyncMongoClient(sys.argv[1]).get_default_database()["products"]

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
app = Litestar([detail], on_startup=[connect], openapi_config=None, logging_config=None)
config = uvicorn.Config(app, access_log=False, log_config=None)
uvicorn.Server(config).run(sockets=[listener])
"""


def measure(folder: Path, settings: Settings) -> None:
    """Both pairs."""
    bench.show_reads("cold product, HTTP", _over_http(folder, settings), bound="a bare handler's find_one", aim=0.5)
    looks = asyncio.run(_without_http(settings))
    bench.show_reads("cold product, no HTTP", looks, bound="a bare pymongo find_one", aim=0.5)


def _over_http(folder: Path, settings: Settings) -> list[tuple[bench.Read, bench.Read]]:
    # Jobs that checkouts have left are not what a look costs.
    where = {"STORE_URL": settings.store_url, "SHOP_KEYS_FILE": settings.keys_file, "WORKER": "separate"}
    server = start(folder, where)
    bare = subprocess.Popen([sys.executable, "-c", _BARE, settings.store_url], stdout=subprocess.PIPE, text=True)
    try:
        assert bare.stdout is not None
        with bare.stdout:
            port = int(bare.stdout.readline())
        _wait_for(port)
        return [(_round(server.process.pid, server.port), _round(bare.pid, port)) for _ in range(_ROUNDS + 1)][1:]
    finally:
        bare.terminate()
        bare.wait()
        server.stop()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("the bare server does not answer")


def _round(pid: int, port: int) -> bench.Read:
    before, began = bench.processor_seconds(pid), time.perf_counter()
    asyncio.run(_read_cold(port))
    return bench.Read(_REQUESTS / (time.perf_counter() - began), _REQUESTS / (bench.processor_seconds(pid) - before))


async def _read_cold(port: int) -> None:
    addresses = itertools.islice(_spellings(), _REQUESTS)

    async def read_on() -> None:
        connection = Connection(f"http://127.0.0.1:{port}")
        for address in addresses:
            answer = await connection.request("GET", address)
            assert answer.status == 200, answer
        await connection.close()

    await asyncio.gather(*(read_on() for _ in range(bench.CONNECTIONS)))


def _spellings() -> Iterator[str]:
    """Each product's address with more and more of its letters percent-encoded, which a cache of bytes does not see
    through.
    """
    for encoded in itertools.product((False, True), repeat=len("shirt-7")):
        for number in range(10):
            letters = zip(f"shirt-{number}", encoded, strict=True)
            yield "/products/" + "".join(f"%{ord(letter):02x}" if is_so else letter for letter, is_so in letters)


async def _without_http(settings: Settings) -> list[tuple[bench.Read, bench.Read]]:
    async with AsyncMongoClient[dict[str, Any]](settings.store_url) as client, Shop.open(settings) as shop:
        products, visitor = client.get_default_database()["products"], shop.as_(Guest())

        async def ours() -> None:
            assert (await visitor.catalog.show_product(id_or_slug=_SLUG)).product.slug == _SLUG

        async def theirs() -> None:
            assert await products.find_one({"slug": _SLUG})

        return [(await _looks(ours), await _looks(theirs)) for _ in range(_ROUNDS + 1)][1:]


async def _looks(look: Callable[[], Awaitable[None]]) -> bench.Read:
    before, began = sum(os.times()[:2]), time.perf_counter()
    for _ in range(_LOOKS):
        await look()
    return bench.Read(_LOOKS / (time.perf_counter() - began), _LOOKS / (sum(os.times()[:2]) - before))

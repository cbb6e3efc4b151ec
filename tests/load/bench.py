"""How fast the shop is, each figure beside a bound that is taken in the same run: `nox -s bench`.

Single figures mean little on a shared machine; the ratios are what to look at. Rounds alternate between the shop and
its bound, and the median of the rounds is printed. Reads are compared by the processor time that a server spends on
them, which is what bounds a server and what a busy neighbour disturbs least; what passed on the clock stands beside it.
"""

import asyncio
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from dependency_injector import providers
from tests.load.servers import start
from tests.load.wire import Connection

from shopcore.adapters.local.failure_log import FailureLog
from shopcore.adapters.sqlite.connections import connect
from shopcore.adapters.sqlite.database import Database
from shopcore.catalog.model import NewVariant, Option, Price
from shopcore.checkout.model import CheckedOut, CheckOutCommand
from shopcore.container.root import Container, resolve, running
from shopcore.container.sqlite_store import sqlite_store
from shopcore.inventory.model import StockPolicy
from shopcore.kernel.actor import Guest
from shopcore.kernel.address import Address
from shopcore.kernel.ids import Sku
from shopcore.kernel.money import Money
from shopcore.settings import Settings
from shopcore.shop import Shop, owner
from shopcore.shopping.model import CartChanges

ROUNDS = 5
REQUESTS = 8_000  # a round of reads
CONNECTIONS = 16
CHECKOUTS = 1_500
BUYERS = 64  # at once: as many as one group commit takes
IMPORTED_ROWS = 5_000
HOME = Address(name="Ann Buyer", line1="1 Road", city="Town", country="US")

_BARE = """
import socket, sys
from litestar import Litestar, get
from litestar.response.base import ASGIResponse
import uvicorn
body = open(sys.argv[1], "rb").read()

@get("/products/{name:str}")
async def detail(name: str) -> ASGIResponse:
    return ASGIResponse(body=body, media_type="application/json")

@get("/products")
async def page() -> ASGIResponse:
    return ASGIResponse(body=body, media_type="application/json")

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
app = Litestar([detail, page], openapi_config=None, logging_config=None)
config = uvicorn.Config(app, access_log=False, log_config=None)
uvicorn.Server(config).run(sockets=[listener])
"""


class Read(NamedTuple):
    """How many reads a second: that passed, and that the server's processor worked."""

    by_the_clock: float
    by_processor: float


class Reader(asyncio.Protocol):
    """One connection that asks for the same page again and again, as fast as answers come."""

    def __init__(self, request: bytes, size: int, count: int) -> None:
        self.request, self.size, self.left = request, size, count
        self.received = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self.received >= self.size:
            self.received -= self.size
            self.left -= 1
            if self.left:
                self.transport.write(self.request)
            elif not self.done.done():
                self.done.set_result(None)
                self.transport.close()


async def reads_per_second(port: int, path: str) -> float:
    """How many times a second a server gives one page to a few kept connections."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    size = await answer_size(port, request)
    loop, each = asyncio.get_running_loop(), REQUESTS // CONNECTIONS
    readers = [Reader(request, size, each) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for reader in readers:
        await loop.create_connection(partial(_same, reader), "127.0.0.1", port)
    await asyncio.gather(*(reader.done for reader in readers))
    return REQUESTS / (time.perf_counter() - began)


def _same(reader: Reader) -> Reader:
    return reader


def measure_read(pid: int, port: int, path: str) -> Read:
    """One round."""
    before = processor_seconds(pid)
    by_the_clock = asyncio.run(reads_per_second(port, path))
    return Read(by_the_clock, REQUESTS / (processor_seconds(pid) - before))


def processor_seconds(pid: int) -> float:
    """What a process has spent so far, in user and system mode (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def answer_size(port: int, request: bytes) -> int:
    """The bytes of one answer, which are the same each time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], head
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)
    writer.close()
    return len(head) + length


def bare_server(body: bytes, folder: Path) -> tuple["subprocess.Popen[str]", int]:
    """A Litestar handler that returns these bytes, and does nothing else."""
    (folder / "body.json").write_bytes(body)
    command = [sys.executable, "-c", _BARE, str(folder / "body.json")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return process, port
    raise RuntimeError("the bare server does not answer")


async def stock(folder: Path) -> None:
    """The shop of a folder, stocked."""
    await stock_of(settings_of(folder))


async def stock_of(settings: Settings) -> None:
    """Thirty products, of which one has all that is bought."""
    async with Shop.open(settings) as shop:
        staff = shop.as_(owner())
        for number in range(30):
            variants = [
                NewVariant(
                    sku=Sku(f"SKU-{number}-{size}"), option_values=(size,), prices={"USD": price(1_000 + number)}
                )
                for size in ("S", "M", "L")
            ]
            options = [Option(name="Size", values=("S", "M", "L"))]
            product = await staff.catalog.create_product(title=f"Shirt {number}", options=options, variants=variants)
            await staff.catalog.publish_product(product_id=product.id)
        await staff.stock.set_rules(sku=Sku("SKU-0-S"), tracked=True, policy=StockPolicy.DENY)
        await staff.stock.adjust(sku=Sku("SKU-0-S"), to=1_000_000, reason="delivery")


def price(amount: int) -> Price:
    """In dollars."""
    return Price(price=Money(amount, "USD"))


def settings_of(folder: Path) -> Settings:
    """The shop of a folder."""
    return Settings(
        store_url=f"sqlite:///{folder / 'shop.db'}", keys_file=str(folder / "shop.keys"), mail_dir=str(folder / "mail")
    )


def measure_reads(folder: Path) -> None:
    """Product detail and a page of twenty, against a bare handler with the same bytes."""
    server = start(folder)
    try:
        for name, path in (("product detail", "/products/shirt-7"), ("page of 20", "/products?limit=20")):
            body = asyncio.run(fetch(server.url, path))
            process, port = bare_server(body, folder)
            try:
                reads = [
                    (measure_read(server.process.pid, server.port, path), measure_read(process.pid, port, path))
                    for _ in range(ROUNDS + 1)
                ][1:]
                show_reads(name, reads)
            finally:
                process.terminate()
                process.wait()
                if process.stdout:
                    process.stdout.close()
    finally:
        server.stop()


async def fetch(url: str, path: str) -> bytes:
    """One page."""
    connection = Connection(url)
    answer = await connection.request("GET", path)
    await connection.close()
    return answer.content


Rounds = Sequence[tuple[float, float]]


def show_reads(
    name: str, reads: Sequence[tuple[Read, Read]], *, bound: str = "a bare Litestar handler", aim: float = 0.7
) -> None:
    """Two lines: by processor time, which is compared, and by the clock, which is told."""
    by_processor = [(ours.by_processor, theirs.by_processor) for ours, theirs in reads]
    show_ratio(name, by_processor, unit="reads/CPU s", bound=bound, aim=aim)
    ours, theirs = (statistics.median(read.by_the_clock for read in column) for column in zip(*reads, strict=True))
    print(f"{'':<22} {ours:>9,.0f} reads/s by the clock, the bound {theirs:,.0f}")


def show_ratio(name: str, measured: Rounds, *, unit: str, bound: str, aim: float) -> None:
    """One line: medians, and the median of the ratios."""
    ours, theirs = (statistics.median(column) for column in zip(*measured, strict=True))
    ratio = statistics.median(a / b for a, b in measured)
    verdict = "reached" if ratio >= aim else "NOT reached"
    print(f"{name:<22} {ours:>9,.0f} {unit}   {bound}: {theirs:>9,.0f}   ratio {ratio:.2f} (aim {aim}: {verdict})")


async def carts(shop: Shop, count: int, skus: Sequence[Sku] = (Sku("SKU-0-S"),)) -> list[str]:
    """Tokens of carts that only need to be ordered, each with one thing, in turn."""
    things = cycle(skus)

    async def cart() -> str:
        opened = await shop.as_(Guest()).cart.add_item(sku=next(things), quantity=1)
        assert opened.token is not None
        changes = CartChanges(email="ann@example.com", shipping_address=HOME, shipping_method="standard")
        await shop.as_(Guest(cart_token=opened.token)).cart.update(changes=changes)
        return opened.token

    tokens: list[str] = []
    for begun in range(0, count, BUYERS):
        tokens += await asyncio.gather(*(cart() for _ in range(min(BUYERS, count - begun))))
    return tokens


async def check_out_all(shop: Shop, tokens: Sequence[str]) -> float:
    """Checkouts per second, so many buyers at once."""
    waiting = iter(tokens)

    async def buyer() -> None:
        for token in waiting:
            buying = shop.as_(Guest(cart_token=token)).checkout
            reply = await buying.check_out(command=CheckOutCommand(), key="k")
            assert isinstance(reply.outcome, CheckedOut)

    began = time.perf_counter()
    await asyncio.gather(*(buyer() for _ in range(BUYERS)))
    return len(tokens) / (time.perf_counter() - began)


class Recording(sqlite3.Connection):
    """A connection that remembers every statement that writes, with its values."""

    log: list[tuple[str, Any]]

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        self._note(sql, parameters)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:
        rows = list(parameters)
        for row in rows:
            self._note(sql, row)
        return super().executemany(sql, rows)

    def _note(self, sql: str, parameters: Any) -> None:
        if sql.lstrip().split(None, 1)[0].upper() in {"INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "WITH"}:
            self.log.append((sql, parameters))


async def record_checkouts(folder: Path) -> tuple[float, list[tuple[str, Any]], Path]:
    """Check everything out once: the speed; and once more, recorded: the statements, and the file they start from."""
    async with Shop.open(settings_of(folder)) as shop:
        speed = await check_out_all(shop, await carts(shop, CHECKOUTS))
        tokens = await carts(shop, CHECKOUTS)
    before = folder / "before.db"
    before.unlink(missing_ok=True)
    with sqlite3.connect(folder / "shop.db") as source, sqlite3.connect(before) as target:
        source.backup(target)
    source.close()
    target.close()
    log = await recorded(folder, tokens)
    return speed, log, before


async def recorded(folder: Path, tokens: Sequence[str]) -> list[tuple[str, Any]]:
    """The writing statements of these checkouts."""
    path, settings = folder / "shop.db", settings_of(folder)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Recording)
    connection.log = []
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
    container = Container(settings=settings, report=FailureLog())
    database = Database(path, connection, wait_seconds=5.0)
    world = await resolve(container.world)
    container.store.override(providers.Object(sqlite_store(database, world)))
    try:
        async with running(container) as (cases, store, _, bank):
            await check_out_all(Shop(settings, cases, store, world, bank), tokens)
    finally:
        await database.close()
    return connection.log


def replay(log: Sequence[tuple[str, Any]], before: Path) -> float:
    """The same rows in the same groups by plain SQLite: checkouts per second."""
    copy = before.with_name("replay.db")
    for suffix in ("", "-wal", "-shm"):
        Path(f"{copy}{suffix}").unlink(missing_ok=True)
    shutil.copy(before, copy)
    connection = connect(copy)
    began = time.perf_counter()
    for sql, values in log:
        connection.execute(sql, values)
    if connection.in_transaction:
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return CHECKOUTS / took


def measure_checkouts(folder: Path) -> None:
    """Checkouts per second, against plain SQLite that commits the same rows in the same groups."""
    measured = []
    for number in range(ROUNDS):
        speed, log, before = asyncio.run(record_checkouts(folder))
        measured.append((speed, replay(log, before)))
        if number == 0:
            groups = sum(sql.startswith("COMMIT") for sql, _ in log)
            writes = len(log) - 2 * groups
            print(f"{'':<22} {writes / CHECKOUTS:.1f} writes a checkout, {CHECKOUTS / groups:.1f} checkouts a commit")
    show_ratio("checkouts", measured, unit="checkouts/s", bound="plain SQLite, same rows", aim=0.3)


def measure_import(folder: Path) -> None:
    """Rows of a product file per second, new and again."""
    file = folder / "products.csv"
    header = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant Price\n"
    with file.open("w", encoding="utf-8") as out:
        out.write(header)
        for number in range(IMPORTED_ROWS // 4):
            out.write(f'lamp-{number},Lamp {number},<p>Bright</p>,Maker,Lamps,"light, home",true,Size,S,10.00\n')
            out.writelines(f"lamp-{number},,,,,,,,{size},10.00\n" for size in ("M", "L", "XL"))

    async def run() -> tuple[float, float]:
        async with Shop.open(settings_of(folder)) as shop:
            took = []
            for _ in range(2):
                began = time.perf_counter()
                await shop.as_(owner()).catalog.import_products(file=shop.product_file(file))
                took.append(IMPORTED_ROWS / (time.perf_counter() - began))
            return took[0], took[1]

    new, again = asyncio.run(run())
    print(f"{'import':<22} {new:>9,.0f} rows/s new, {again:,.0f} rows/s when nothing differs")


def measure_start(folder: Path) -> None:
    """From the start of the process to its first answer, and what it holds then."""
    took, held = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        server = start(folder)
        asyncio.run(fetch(server.url, "/health/ready"))
        took.append(time.perf_counter() - began)
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        held.append(int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024)
        server.stop()
    print(f"{'start to first answer':<22} {statistics.median(took):>9.2f} s")
    print(f"{'memory at rest':<22} {statistics.median(held):>9.0f} MiB")


def main() -> None:
    """Everything, in a folder that is thrown away."""
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(stock(folder))
        measure_start(folder)
        measure_reads(folder)
        measure_checkouts(folder)
        measure_import(folder)


if __name__ == "__main__":
    main()

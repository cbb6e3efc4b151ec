"""A stocked shop in memory, and a client of it."""

import asyncio
import socket
import sys
import threading
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import structlog
import uvicorn
from litestar import Litestar
from litestar.types import ASGIApp
from tests.http.people import Person, joined
from tests.http.places import ALWAYS_ON_MONGO, PLACES

from shop_http import logs
from shop_http.app import around, create_app, new_site, settings_of
from shop_http.protocol import Protocol
from shopcore.adapters.local.ids import LocalIds
from shopcore.shop import Settings, Shop, owner

PRODUCTS = Path(__file__).with_name("products.csv")
CHEAP = {"argon2_memory_cost": 8, "argon2_time_cost": 1}  # a test has no password to protect
ADDRESS = {"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "country": "GB"}
ORDER = {"email": "ada@example.com", "shipping_address": ADDRESS, "shipping_method": "standard"}

Fill = Callable[..., Awaitable[dict[str, str]]]
Buy = Callable[..., Awaitable[httpx.Response]]


@contextmanager
def log_lines() -> Iterator[list[Any]]:
    """What is logged, whatever an earlier test of this process has configured; a command's loggers remember that."""
    structlog.reset_defaults()
    _forget_loggers()
    with structlog.testing.capture_logs() as lines:
        yield lines


@contextmanager
def written_log(form: str = "json") -> Iterator[BytesIO]:
    """The very bytes that a server would have written, at its most talkative."""
    written, hook = BytesIO(), sys.excepthook
    _forget_loggers()
    logs.configure(level="debug", form=form, to=lambda: written, cached=False)
    try:
        yield written
    finally:
        structlog.reset_defaults()
        sys.excepthook = hook


@contextmanager
def unconfigured_log() -> Iterator[StringIO]:
    """What a program writes that has configured no log: structlog shows local variables then, where there is rich."""
    written = StringIO()
    structlog.reset_defaults()
    _forget_loggers()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written))
    try:
        yield written
    finally:
        structlog.reset_defaults()


def _forget_loggers() -> None:
    for module in list(sys.modules.values()):
        if module.__name__.startswith(("shop_http.", "shopcore.")) and hasattr(module, "_log"):
            vars(module._log).pop("bind", None)


def settings_for(folder: Path, **changes: Any) -> Settings:
    """A shop of its own, whose jobs are done when the test says so."""
    usual = {
        **PLACES.settings(folder, "sqlite://:memory:"),
        "worker": "separate",
        "rate_limits": "off",
        "payment_timeout_seconds": 0.3,
        **CHEAP,
    }
    return Settings(**{**usual, **changes}, mail_dir=str(folder / "mail"), keys_file=str(folder / "shop.keys"))


def lasting(folder: Path) -> dict[str, Any]:
    """For `settings_for`: where several shops, one after the other or at once, are the same."""
    return PLACES.settings(folder, f"sqlite:///{folder / 'shop.db'}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked so on both stores."""
    if metafunc.definition.get_closest_marker("both_stores") and not ALWAYS_ON_MONGO:
        metafunc.parametrize("kept_on", ["sqlite", "mongodb"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about SQLite is not asked of MongoDB."""
    apart = [item for item in items if ALWAYS_ON_MONGO and item.get_closest_marker("sqlite_only")]
    config.hook.pytest_deselected(items=apart)
    items[:] = [item for item in items if item not in apart]


@pytest.fixture(autouse=True)
def kept_on(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The store of this test's shops, empty again at its end."""
    chosen = getattr(request, "param", None)
    before = PLACES.server
    if chosen is not None:
        PLACES.server = request.getfixturevalue("mongo_server") if chosen == "mongodb" else None
    yield
    PLACES.give_back(tmp_path)
    PLACES.server = before


@pytest.fixture(scope="session", autouse=True)
def kept_always_on(request: pytest.FixtureRequest) -> None:
    """MongoDB for every test, where that is asked for."""
    if ALWAYS_ON_MONGO:
        PLACES.server = request.getfixturevalue("mongo_server")


@pytest.fixture
async def shop(tmp_path: Path, kept_on: None) -> AsyncGenerator[Shop]:
    async with Shop.open(settings_for(tmp_path)) as opened:
        catalog = opened.as_(owner()).catalog
        report = await catalog.import_products(file=opened.product_file(PRODUCTS))
        assert report.created == 5
        yield opened


@asynccontextmanager
async def alive(app: ASGIApp) -> AsyncGenerator[None]:
    """Runs an application's lifespan in this loop, as a server does: a client of MongoDB belongs to the one it is made
    in. What goes wrong at start or end is raised.
    """
    heard: asyncio.Queue[Any] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    speaking = cast("Any", app)({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, heard.get, said.put)
    running = asyncio.ensure_future(speaking)

    async def told(event: str) -> None:
        await heard.put({"type": f"lifespan.{event}"})
        answered = asyncio.ensure_future(said.get())
        await asyncio.wait({answered, running}, return_when=asyncio.FIRST_COMPLETED)
        if not answered.done():
            answered.cancel()
            await running
        answer = await answered
        assert answer["type"] == f"lifespan.{event}.complete", answer

    await told("startup")
    try:
        yield
    finally:
        await told("shutdown")
        await running


_idle: dict[int, list[Litestar]] = {}
"""By how large a body may be: sites whose shops have closed. To make one takes longer than most tests."""


@asynccontextmanager
async def client_of(opening: Shop | Settings, address: str = "127.0.0.1") -> AsyncGenerator[httpx.AsyncClient]:
    """A client that comes from an address, over a transport that streams bodies as a server would."""
    idle = _idle.setdefault(settings_of(opening).body_limit, [])
    site = idle.pop() if idle else new_site(settings_of(opening).body_limit)
    app = around(site, opening)
    transport = httpx.ASGITransport(cast("Any", app), client=(address, 40_000))
    async with alive(app), httpx.AsyncClient(transport=transport, base_url="http://shop.test") as opened:
        yield opened
    idle.append(site)


@pytest.fixture
async def client(shop: Shop) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(shop) as opened:
        yield opened


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    """A customer who is signed in."""
    return await joined(client, shop)


@pytest.fixture
def fill(client: httpx.AsyncClient) -> Fill:
    """Puts something into a new cart and gives the header that names it."""

    async def fill(sku: str = "CAP", quantity: int = 1) -> dict[str, str]:
        answer = await client.post("/cart/items", json={"sku": sku, "quantity": quantity})
        assert answer.status_code == 200, answer.text
        return {"X-Cart-Token": answer.headers["x-cart-token"]}

    return fill


@pytest.fixture
def buy(client: httpx.AsyncClient) -> Buy:
    """Checks a cart out."""

    async def buy(cart: dict[str, str], method: str = "ok", key: str | None = None, **changes: Any) -> httpx.Response:
        command = {**ORDER, "payment": {"method": method}, **changes}
        return await client.post(
            "/cart/checkout", json=command, headers={**cart, "Idempotency-Key": key or str(uuid.uuid4())}
        )

    return buy


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The problem of a refusal, whose form is checked."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors", "correlation_id"}
    assert problem["status"] == answer.status_code
    assert all(set(error) == {"field", "code", "message"} for error in problem["errors"])
    return problem


def refused(answer: httpx.Response) -> tuple[int, str]:
    """How it was refused, and why."""
    return answer.status_code, problem_of(answer)["code"]


def proof_of(bought: httpx.Response) -> dict[str, str]:
    """What shows that an order is one's own."""
    return {"X-Order-Token": bought.json()["order_token"]}


@contextmanager
def serving(
    settings: Settings, *, arrival_seconds: float = 30.0, port: int = 0, listening: socket.socket | None = None
) -> Iterator[str]:
    """A real server on a free port of this machine unless one is named, or a socket given that is bound already, in a
    thread; gives its address.
    """
    speaking = cast("Any", partial(Protocol, new_id=LocalIds().new, arrival_seconds=arrival_seconds))
    config = uvicorn.Config(
        create_app(settings),
        host="127.0.0.1",
        port=port,
        lifespan="on",
        log_config=None,
        http=speaking,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening] if listening else None})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def stocked(settings: Settings, products: Path) -> None:
    """Import products into a shop that is kept in a file."""

    async def stock() -> None:
        async with Shop.open(settings) as opened:
            await opened.as_(owner()).catalog.import_products(file=opened.product_file(products))

    with ThreadPoolExecutor(1) as elsewhere:  # the browser's driver has a loop running in this thread
        elsewhere.submit(lambda: asyncio.run(stock())).result()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A stocked shop in a file, served."""
    folder = tmp_path_factory.mktemp("shop")
    settings = settings_for(folder, **lasting(folder))
    stocked(settings, PRODUCTS)
    with serving(settings) as address:
        yield address

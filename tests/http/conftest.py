"""A stocked shop in memory, and a client of it."""

import asyncio
import threading
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import structlog
import uvicorn
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from shop_http import app, errors, protocol
from shop_http.app import create_app
from shop_http.middleware import edge
from shop_http.protocol import Protocol
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.redis import link, signals
from shopcore.adapters.smtp import mailer
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
    for module in (app, edge, errors, protocol, link, signals, mailer):
        vars(module._log).pop("bind", None)
    with structlog.testing.capture_logs() as lines:
        yield lines


def settings_for(folder: Path, **changes: Any) -> Settings:
    """A shop of its own, whose jobs are done when the test says so."""
    usual = {
        "store_url": "sqlite://:memory:",
        "worker": "separate",
        "rate_limits": "off",
        "payment_timeout_seconds": 0.3,
        **CHEAP,
    }
    return Settings(**{**usual, **changes}, mail_dir=str(folder / "mail"), keys_file=str(folder / "shop.keys"))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncGenerator[Shop]:
    async with Shop.open(settings_for(tmp_path)) as opened:
        catalog = opened.as_(owner()).catalog
        report = await catalog.import_products(file=opened.product_file(PRODUCTS))
        assert report.created == 5
        yield opened


@asynccontextmanager
async def client_of(app: ASGIApp) -> AsyncGenerator[httpx.AsyncClient]:
    """Runs an application's lifespan, and speaks to it over a transport that streams bodies as a server would."""
    transport = httpx.ASGITransport(cast("Any", app))
    async with AsyncTestClient(app), httpx.AsyncClient(transport=transport, base_url="http://shop.test") as opened:
        yield opened


@pytest.fixture
async def client(shop: Shop) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(create_app(shop)) as opened:
        yield opened


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


def proof_of(bought: httpx.Response) -> dict[str, str]:
    """What shows that an order is one's own."""
    return {"X-Order-Token": bought.json()["order_token"]}


@contextmanager
def serving(settings: Settings, *, arrival_seconds: float = 30.0, port: int = 0) -> Iterator[str]:
    """A real server on a free port of this machine unless it is named, in a thread; gives its address."""
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
    thread = threading.Thread(target=server.run)
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
    settings = settings_for(folder, store_url=f"sqlite:///{folder / 'shop.db'}")
    stocked(settings, PRODUCTS)
    with serving(settings) as address:
        yield address

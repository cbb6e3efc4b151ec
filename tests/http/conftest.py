"""A stocked shop in memory, and a client of it."""

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from shop_http.app import create_app
from shopcore.shop import Settings, Shop, owner

PRODUCTS = Path(__file__).with_name("products.csv")
ADDRESS = {"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "country": "GB"}
ORDER = {"email": "ada@example.com", "shipping_address": ADDRESS, "shipping_method": "standard"}

Fill = Callable[..., Awaitable[dict[str, str]]]
Buy = Callable[..., Awaitable[httpx.Response]]


def settings_for(folder: Path, **changes: Any) -> Settings:
    """A shop of its own, whose jobs are done when the test says so."""
    chosen = {"store_url": "sqlite://:memory:", "worker": "separate", "rate_limits": "off", **changes}
    return Settings(**chosen, mail_dir=str(folder / "mail"), keys_file=str(folder / "shop.keys"))


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

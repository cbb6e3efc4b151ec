"""What every address has in common: problems, media types, sizes, methods, probes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CONTENT_TYPE_LATEST
from structlog.testing import capture_logs
from tests.http.conftest import ORDER, PRODUCTS, Fill, client_of, log_lines, problem_of, settings_for

from shop_http.app import _note_death
from shop_http.errors import STATUS, answer_to
from shopcore.kernel.errors import CATEGORIES
from shopcore.kernel.stores import StoreUnusable
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing/here")

    assert (answer.status_code, problem_of(answer)["code"]) == (404, "route_not_found")
    assert problem_of(answer)["correlation_id"] == answer.headers["x-correlation-id"]


async def test_an_unknown_method_is_told_which_ones_there_are(client: httpx.AsyncClient) -> None:
    refused = await client.put("/cart")
    asked = await client.options("/cart")

    assert (refused.status_code, problem_of(refused)["code"]) == (405, "method_not_allowed")
    assert refused.headers["allow"] == asked.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"
    assert asked.status_code == 204


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
async def test_a_body_is_json(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await client.post(
        "/cart/items", content=b'{"sku":"CAP","quantity":1}', headers={"Content-Type": content_type}
    )

    assert (answer.status_code, problem_of(answer)["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b'{"sku":"\xff\xfe","quantity":1}', "invalid_utf8"),
        (b'{"sku":"CAP","quantity":1,"quantity"}', "malformed_json"),
        (b"\x00", "malformed_json"),
    ],
)
async def test_what_is_no_json_is_malformed(client: httpx.AsyncClient, body: bytes, code: str) -> None:
    answer = await client.post("/cart/items", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in problem_of(answer)["errors"]] == [("body", code)]


async def parts(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("path", ["/cart/items", "/cart/checkout", "/webhooks/bogus", "/bogus/actions/x"])
async def test_ten_megabytes_are_too_large(client: httpx.AsyncClient, path: str) -> None:
    """Announced or in chunks without a length."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": "0123456789abcdef"}
    announced = await client.post(path, content=b" " * 10_000_000, headers=headers)
    chunked = await client.post(path, content=parts(160, 65536), headers=headers)

    for answer in (announced, chunked):
        assert (answer.status_code, problem_of(answer)["code"]) == (413, "body_too_large")


async def test_a_body_just_within_the_limit_is_read(client: httpx.AsyncClient) -> None:
    body = b'{"sku":"CAP","quantity":1}'.ljust(1 << 20)
    headers = {"Content-Type": "application/json"}

    assert (await client.post("/cart/items", content=body, headers=headers)).status_code == 200
    assert (await client.post("/cart/items", content=body + b" ", headers=headers)).status_code == 413


async def test_parameters_are_refused_where_there_are_none(client: httpx.AsyncClient, fill: Fill) -> None:
    cart = await fill()
    for answer in (
        await client.get("/cart?colour=red", headers=cart),
        await client.get("/categories?colour=red"),
        await client.post("/cart/items?colour=red", json={"sku": "CAP", "quantity": 1}),
    ):
        assert answer.status_code == 422
        assert [error["field"] for error in problem_of(answer)["errors"]] == ["colour"]


async def test_health_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "dependencies": {"store": "up"}})


async def test_while_draining_it_lives_and_is_not_ready(client: httpx.AsyncClient, shop: Shop) -> None:
    shop.draining = True
    ready = await client.get("/health/ready")

    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert "retry-after" in ready.headers
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/products")).status_code == 200


async def test_metrics_name_routes_by_template(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await client.get("/products/plain-tee")
    answer = await client.get("/metrics")

    assert answer.headers["content-type"] == CONTENT_TYPE_LATEST
    assert 'shop_http_requests_total{method="GET",route="/products/{id_or_slug}",status="200"} 3.0' in answer.text
    assert 'shop_http_pages_total{from="cache"} 2.0' in answer.text
    assert "process_resident_memory_bytes" in answer.text


@pytest.fixture
async def limited_client(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(settings_for(tmp_path, rate_limits="on")) as opened:
        yield opened


async def test_an_application_opens_a_shop_of_its_own_and_limits_it(limited_client: httpx.AsyncClient) -> None:
    answer = await limited_client.get("/products")

    assert answer.status_code == 200
    assert int(answer.headers["ratelimit-remaining"]) == int(answer.headers["ratelimit-limit"]) - 1
    assert "ratelimit-reset" in answer.headers


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_refusal_has_its_status(category: type) -> None:
    """And those that may be tried again say when."""
    answer = answer_to(category("because"))

    assert answer.status == STATUS[category]
    assert ("retry-after" in answer.headers) is (answer.status in {429, 503})


def test_what_is_wrong_with_the_store_is_told_to_whoever_runs_it_and_not_to_visitors() -> None:
    """In the log, under the correlation id that the visitor can name."""
    with capture_logs() as logs:
        answer = answer_to(StoreUnusable("products/p1 is not what a shop wrote (at $.variants); mend it"), "visit 1")

    assert answer.status == 503
    assert b"p1" not in answer.body
    assert [(log["reason"][:11], log["correlation_id"]) for log in logs] == [("products/p1", "visit 1")]


async def test_beside_the_requests_the_jobs_are_done(tmp_path: Path) -> None:
    """A webhook is delivered, taken in and settled without anybody asking for it."""
    settings = settings_for(tmp_path, worker="inline")
    async with Shop.open(settings) as shop:
        await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
        async with client_of(shop) as client:
            added = await client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
            headers = {"X-Cart-Token": added.headers["x-cart-token"], "Idempotency-Key": "1"}
            command = {**ORDER, "payment": {"method": "double_webhook"}}
            bought = (await client.post("/cart/checkout", json=command, headers=headers)).json()
            path, proof = f"/orders/{bought['order']['id']}", {"X-Order-Token": bought["order_token"]}
            async with asyncio.timeout(20):
                while (await client.get(path, headers=proof)).json()["payment_status"] != "paid":  # noqa: ASYNC110
                    await asyncio.sleep(0)  # the jobs are done in this loop

    assert bought["payment"]["status"] == "processing"


async def test_a_worker_that_dies_is_noticed() -> None:
    async def dies() -> None:
        raise RuntimeError("the disk is gone")

    with log_lines() as lines:
        worker = asyncio.create_task(dies())
        await asyncio.wait([worker])
        _note_death(worker)

    assert [(line["event"], line["log_level"]) for line in lines] == [("worker_died", "critical")]

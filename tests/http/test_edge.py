"""The wrappers around the application, around a small application of their own."""

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import httpx
import pytest
from tests.http.conftest import log_lines

from shop_http.middleware.edge import Edge
from shop_http.middleware.hosts import Hosts
from shop_http.middleware.metrics import Metrics
from shop_http.middleware.rate_limits import LIMITS, RateLimits, limit_of, network_of
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.deadline import seconds_left
from shopcore.kernel.errors import Unavailable

pytestmark = pytest.mark.anyio

App = Callable[[Any, Any, Any], Awaitable[None]]


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the correlation id that it sees."""
    scope["path_template"] = "/things/{thing_id}"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": correlation_id.get().encode(), "more_body": False})


async def failing(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("the password is hunter2")


async def unavailable(scope: Any, receive: Any, send: Any) -> None:
    raise Unavailable("the store is busy", retry_after=1.2)


async def breaking_off(scope: Any, receive: Any, send: Any) -> None:
    await answering(scope, receive, send)
    raise RuntimeError("too late")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with log_lines() as lines:
        yield lines


def client_of(app: App, metrics: Metrics | None = None) -> httpx.AsyncClient:
    edge = Edge(app, metrics=metrics or Metrics(), new_id=lambda: "made-here", seconds=15.0)
    return httpx.AsyncClient(transport=httpx.ASGITransport(cast("Any", edge)), base_url="http://shop.test")


async def test_a_request_without_a_correlation_id_gets_one() -> None:
    async with client_of(answering) as client:
        answer = await client.get("/things/7")

    assert answer.headers["x-correlation-id"] == answer.text == "made-here"


async def test_whatever_a_request_waits_for_knows_how_long() -> None:
    """The time that a request may take begins when it comes in."""
    left: list[float] = []

    async def asking(scope: Any, receive: Any, send: Any) -> None:
        left.append(seconds_left(100.0, time.monotonic()))
        await answering(scope, receive, send)

    async with client_of(asking) as client:
        await client.get("/things/7")

    assert 10 < left[0] <= 15


@pytest.mark.parametrize("sent", ["abc", "A.b_c-9", "x" * 64])
async def test_a_sane_correlation_id_is_taken_over(sent: str) -> None:
    async with client_of(answering) as client:
        answer = await client.get("/things/7", headers={"X-Correlation-ID": sent})

    assert answer.headers["x-correlation-id"] == answer.text == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", '{"a":1}', "a\u00e9", "a;b"])
async def test_any_other_correlation_id_is_replaced(sent: str) -> None:
    """It goes into the log, so it must not be able to forge a line."""
    async with client_of(answering) as client:
        answer = await client.get("/things/7", headers={b"X-Correlation-ID": sent.encode()})

    assert answer.headers["x-correlation-id"] == "made-here"


async def test_every_answer_carries_protective_headers() -> None:
    async with client_of(answering) as client:
        answer = await client.get("/things/7")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "strict-transport-security" not in answer.headers


async def test_over_https_a_browser_is_told_to_stay_there() -> None:
    async with client_of(answering) as client:
        answer = await client.get("https://shop.test/things/7")

    assert "max-age" in answer.headers["strict-transport-security"]


async def test_a_failure_is_told_as_a_problem_without_its_message(logged: list[Any]) -> None:
    async with client_of(failing) as client:
        answer = await client.get("/things/7")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert answer.json()["correlation_id"] == "made-here"
    assert any(line["event"] == "unanticipated" and "RuntimeError" in line["exception"] for line in logged)


async def test_a_busy_store_says_when_to_come_again(logged: list[Any]) -> None:
    async with client_of(unavailable) as client:
        answer = await client.get("/things/7")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert not any(line["event"] == "unanticipated" for line in logged)


async def test_a_failure_after_the_answer_began_is_logged(logged: list[Any]) -> None:
    async with client_of(breaking_off) as client:
        await client.get("/things/7")

    assert any(line["event"] == "unanticipated" for line in logged)


async def test_one_line_is_logged_for_each_request_and_nothing_personal_in_it(logged: list[Any]) -> None:
    async with client_of(answering) as client:
        await client.get("/things/secret-7?email=ada@example.com", headers={"X-Cart-Token": "token-of-ada"})
    (line,) = logged

    assert {name: line[name] for name in ("event", "method", "route", "status", "correlation_id")} == {
        "event": "request",
        "method": "GET",
        "route": "/things/{thing_id}",
        "status": 200,
        "correlation_id": "made-here",
    }
    assert line["ms"] >= 0
    assert not any(word in json.dumps(line) for word in ("secret-7", "ada", "token-of"))


async def test_requests_are_counted_by_route_template(metrics: Metrics) -> None:
    async with client_of(answering, metrics) as client:
        for thing in range(3):
            await client.get(f"/things/{thing}")
    text = metrics.text().decode()

    assert 'shop_http_requests_total{method="GET",route="/things/{thing_id}",status="200"} 3.0' in text
    assert 'shop_http_request_seconds_count{route="/things/{thing_id}"} 3.0' in text
    assert "shop_http_requests_in_flight 0.0" in text
    assert "/things/1" not in text


async def test_invented_methods_and_paths_make_no_new_figures(metrics: Metrics) -> None:
    """Else anybody could fill the memory with labels."""

    async def lost(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with client_of(lost, metrics) as client:
        for number in range(5):
            await client.request(f"BREW{number}", f"/invented/{number}")
    lines = [line for line in metrics.text().decode().splitlines() if line.startswith("shop_http_requests_total{")]

    assert lines == ['shop_http_requests_total{method="OTHER",route="unmatched",status="404"} 5.0']


async def test_head_answers_as_get_without_the_content() -> None:
    async with client_of(answering) as client:
        answer = await client.head("/things/7")

    assert (answer.status_code, answer.content) == (200, b"")


# ------------------------------------------------------------------------------------------------------ rate limits


def limited(app: App = answering, limiter: LocalLimiter | None = None) -> RateLimits:
    counting, clock = limiter or LocalLimiter(), SystemClock()

    async def hit(key: str, limit: int, window_seconds: float) -> Any:
        return await counting.hit(key, limit, window_seconds, clock.now())

    return RateLimits(app, hit=hit)


async def test_who_asks_too_often_is_told_how_long_to_wait() -> None:
    """And an answer that came through says how many are left."""
    async with client_of(limited()) as client:
        answers = [await client.post("/cart/checkout") for _ in range(31)]
    *passed, refused = answers

    assert [answer.status_code for answer in passed] == [200] * 30
    assert [int(answer.headers["ratelimit-remaining"]) for answer in passed] == list(range(29, -1, -1))
    assert all(answer.headers["ratelimit-limit"] == "30" for answer in answers)
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert int(refused.headers["retry-after"]) >= 1
    assert int(refused.headers["ratelimit-reset"]) >= 1


async def test_one_class_does_not_use_up_another() -> None:
    async with client_of(limited()) as client:
        for _ in range(31):
            await client.post("/cart/checkout")

        assert (await client.post("/cart/items")).status_code == 200
        assert (await client.get("/products")).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"])
async def test_probes_are_not_limited(path: str) -> None:
    async with client_of(limited()) as client:
        answer = await client.get(path)

    assert "ratelimit-limit" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/cart/checkout", "checkout"),
        ("POST", "/orders/0190/payment", "checkout"),
        ("POST", "/webhooks/bogus", "webhooks"),
        ("POST", "/unsubscribe/a.token", "unsubscribe"),
        ("POST", "//cart///checkout/", "checkout"),
        ("POST", "/cart/items", "writes"),
        ("POST", "/me/email", "mails"),
        ("POST", "/auth/email/confirm", "tokens"),
        ("DELETE", "/cart/items/7", "writes"),
        ("PATCH", "/cart", "writes"),
        ("GET", "/products/search", "search"),
        ("GET", "/products", "reads"),
        ("HEAD", "/products", "reads"),
        ("GET", "/orders/0190", "orders"),
        ("GET", "/anything\n", "reads"),
    ],
)
def test_each_route_has_its_class(method: str, path: str, name: str) -> None:
    limit = limit_of(method, path)

    assert limit is not None
    assert limit.name == name


def test_a_gateway_may_say_what_becomes_of_a_hundred_payments_a_second_from_one_address() -> None:
    """Two things of each, and twice as many after an outage."""
    limit = limit_of("POST", "/webhooks/stripe")

    assert limit is not None
    assert limit.hits / limit.window_seconds >= 2 * 2 * 100


def test_every_limit_has_a_name_of_its_own() -> None:
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("a-unix-socket", "a-unix-socket", True),
    ],
)
def test_whose_requests_are_counted_together(one: str, other: str, same: bool) -> None:
    """A subscriber with IPv6 has a whole /64 of addresses to ask from."""
    assert (network_of(one) == network_of(other)) is same


# ------------------------------------------------------------------------------------------------------------ hosts


@pytest.mark.parametrize(
    ("host", "status"),
    [("shop.test", 200), ("SHOP.test", 200), ("shop.test:8000", 200), ("evil.test", 400), ("", 400)],
)
async def test_only_the_shop_s_own_names_are_answered(host: str, status: int) -> None:
    async with client_of(Hosts(answering, allowed=["shop.test"])) as client:
        answer = await client.get("/things/7", headers={"Host": host})

    assert answer.status_code == status


async def test_a_probe_may_call_by_address() -> None:
    async with client_of(Hosts(answering, allowed=["shop.test"])) as client:
        answer = await client.get("/health/live", headers={"Host": "10.0.0.7:8000"})

    assert answer.status_code == 200

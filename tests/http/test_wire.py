"""What comes over a connection byte by byte: broken, endless, slow, several at once."""

import json
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from tests.http.conftest import ORDER, PRODUCTS, lasting, serving, settings_for, stocked

PROBE = b"GET /health/live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
POST = b"POST /cart/items HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"


class Answer(NamedTuple):
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> Any:
        assert self.headers["content-type"] == "application/problem+json"
        return json.loads(self.body)


def exchange(address: str, parts: Iterable[bytes], *, seconds: float = 10.0) -> bytes:
    """Send the parts one after the other, and read until the server closes."""
    url = urlsplit(address)
    with socket.create_connection((url.hostname, url.port), timeout=seconds) as connection:
        answered = b""
        try:
            for part in parts:
                connection.sendall(part)
            while received := connection.recv(65536):
                answered += received
        except ConnectionError:  # who is refused half-way may still be sending
            pass
    return answered


def parse(answered: bytes) -> Answer:
    """The first answer in what was read."""
    head, _, rest = answered.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split()[1]), headers, rest[: int(headers.get("content-length", 0))])


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that waits half a second for a request."""
    folder: Path = tmp_path_factory.mktemp("shop")
    settings = settings_for(folder, **lasting(folder), payment_timeout_seconds=1.0)
    stocked(settings, PRODUCTS)
    with serving(settings, arrival_seconds=0.5) as address:
        yield address


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"BREW /pot HTTP/1.1\r\nHost: shop\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: shop\r\n\r\n",
        b"GET /products HTTP/1.1\r\nHost: shop\r\nX A: b\r\n\r\n",
        b"GET /products HTTP/1.1\r\n\r\n",
        b"GET /products HTTP/1.1\r\nHost: shop\r\nHost: other\r\n\r\n",
        POST + b"Content-Length: -5\r\n\r\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_request_is_a_problem_like_any_other(served: str, request_bytes: bytes) -> None:
    answer = parse(exchange(served, [request_bytes]))

    assert (answer.status, answer.problem["code"]) == (400, "malformed_request")
    assert answer.headers["x-correlation-id"] == answer.problem["correlation_id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET / HTTP/1.1\r\n", b"X-Some: %s\r\n" % (b"a" * 1000)),
        (b"GET / HTTP/1.1\r\nX-A: ", b"a" * 1000),
        (b"GET /", b"a" * 1000),
        (b"", b"\r\n" * 500),
    ],
    ids=["many headers", "one long header", "a long address", "nothing but line ends"],
)
def test_a_head_has_a_greatest_length(served: str, begin: bytes, more: bytes) -> None:
    """Of fifty megabytes most are never taken; who still sends may miss the answer, as the connection is reset."""
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield begin
        for _ in range(50_000):
            sent += len(more)
            yield more

    answered = exchange(served, endless())

    assert sent < 20_000_000
    assert not answered or parse(answered).problem["code"] == "headers_too_large"


@pytest.mark.parametrize(("lines", "status"), [(98, 200), (100, 431)])
def test_a_head_has_a_greatest_number_of_lines(served: str, lines: int, status: int) -> None:
    """However short: each is kept, looked at and passed on."""
    named = b"".join(b"X-%d: 1\r\n" % number for number in range(lines))
    answer = parse(exchange(served, [PROBE.replace(b"\r\n\r\n", b"\r\n" + named + b"\r\n")]))

    assert answer.status == status
    assert status == 200 or answer.problem["code"] == "headers_too_large"


@pytest.mark.parametrize(("length", "status"), [(65_000, 200), (66_000, 431)])
def test_a_head_that_comes_at_once_has_the_same_greatest_length(served: str, length: int, status: int) -> None:
    """Also where one read brings all of it."""
    answer = parse(exchange(served, [PROBE.replace(b"\r\n\r\n", b"\r\nX-A: %s\r\n\r\n" % (b"a" * length))]))

    assert answer.status == status
    assert status == 200 or answer.problem["code"] == "headers_too_large"


def test_a_body_that_drips_is_given_up(impatient: str) -> None:
    """A byte now and then does not begin the wait anew."""
    url = urlsplit(impatient)
    begun = time.monotonic()
    with socket.create_connection((url.hostname, url.port), timeout=0.1) as connection:
        connection.sendall(POST + b"Content-Length: 1000\r\n\r\n")
        answered = b""
        while not answered:
            connection.sendall(b" ")
            try:
                answered = connection.recv(65536)
            except TimeoutError:
                assert time.monotonic() - begun < 10

    assert parse(answered).problem["code"] == "request_timeout"


def test_a_long_body_is_no_long_head(served: str) -> None:
    """The bound is for what stands before the body, also where a body ends and the next request begins."""
    body = json.dumps({"sku": "CAP", "quantity": 1, "version": None}).encode().ljust(900_000)
    posted = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    answered = exchange(served, [posted, posted, PROBE])

    assert answered.count(b"HTTP/1.1 200 OK") == 3


def test_requests_that_come_at_once_are_answered_in_turn(served: str) -> None:
    asked = b"GET /categories HTTP/1.1\r\nHost: shop\r\n\r\n"
    answered = exchange(served, [asked * 5 + PROBE])

    assert answered.count(b"HTTP/1.1 200 OK") == 6
    assert answered.endswith(b'{"status":"ok"}')


def test_head_leaves_the_connection_as_it_was(served: str) -> None:
    """Its answer says how long the body would be, and the next answer follows at once."""
    asked = b"HEAD /categories HTTP/1.1\r\nHost: shop\r\n\r\n"
    answered = exchange(served, [asked + PROBE])

    assert answered.count(b"HTTP/1.1 200 OK") == 2
    assert parse(answered).headers["content-length"] == str(len(httpx.get(f"{served}/categories").content))
    assert answered.endswith(b'{"status":"ok"}')


def test_a_body_that_breaks_off_is_no_failure_of_the_shop(served: str) -> None:
    """Nobody hears the answer; the figures must not say 500."""
    url = urlsplit(served)
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(POST + b"Content-Length: 100\r\n\r\n{")
    deadline = time.monotonic() + 10
    while '"/cart/items",status="400"' not in (figures := httpx.get(f"{served}/metrics").text):
        assert time.monotonic() < deadline, figures

    assert 'status="5' not in figures


def test_a_body_that_grows_too_large_is_refused_and_the_connection_goes_on(served: str) -> None:
    """Thirteen megabytes without a length that says so beforehand: answered at once, and then left unread."""
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answered = exchange(served, [POST + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 200, b"0\r\n\r\n", PROBE])

    assert (parse(answered).status, parse(answered).problem["code"]) == (413, "body_too_large")
    assert answered.endswith(b'{"status":"ok"}')


@pytest.mark.parametrize("part", [b"GET /products HT", POST + b"Content-Length: 100\r\n\r\n{"], ids=["head", "body"])
def test_a_request_that_does_not_arrive_is_given_up(impatient: str, part: bytes) -> None:
    answer = parse(exchange(impatient, [part]))

    assert (answer.status, answer.problem["code"]) == (408, "request_timeout")


@pytest.mark.parametrize("part", [b"", b"\r\n"])
def test_who_says_nothing_is_not_waited_for(impatient: str, part: bytes) -> None:
    assert exchange(impatient, [part]) == b""


def test_who_sends_empty_lines_after_an_answer_is_not_waited_for_longer(impatient: str) -> None:
    """They end uvicorn's own wait for the next request, and are none."""
    url = urlsplit(impatient)
    with socket.create_connection((url.hostname, url.port), timeout=4) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: shop\r\n\r\n")
        answered = b""
        while not answered.endswith(b'{"status":"ok"}'):
            answered += connection.recv(65536)
        connection.sendall(b"\r\n")

        assert connection.recv(65536) == b""


def test_an_answer_may_take_longer_than_a_request(impatient: str) -> None:
    """The bank takes a second; the connection on which the checkout came stays, and takes the next request."""
    with httpx.Client(base_url=impatient) as client:
        cart = client.post("/cart/items", json={"sku": "CAP", "quantity": 1}).headers["x-cart-token"]
        headers = {"X-Cart-Token": cart, "Idempotency-Key": "1"}
        begun = time.monotonic()
        bought = client.post("/cart/checkout", json={**ORDER, "payment": {"method": "slow"}}, headers=headers)

    assert bought.json()["payment"]["status"] == "processing"
    assert time.monotonic() - begun > 0.5


def test_nothing_is_waited_for_between_requests_but_the_next_one(impatient: str) -> None:
    """An answer ends the wait; a part of the next request, or an empty line, begins it anew."""
    asked = b"GET /health/live HTTP/1.1\r\nHost: shop\r\n\r\n"
    answered = exchange(impatient, [asked, asked + b"GET /products HT"])

    assert answered.count(b"HTTP/1.1 200 OK") == 2
    assert answered.count(b"HTTP/1.1 408 Request Timeout") == 1

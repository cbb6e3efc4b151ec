"""Answers that are written at once are the bytes that uvicorn would write, and leave a request as uvicorn would."""

import asyncio
import gc
import logging
import weakref
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from shop_http.whole_answers import WholeAnswers

pytestmark = pytest.mark.anyio

DATE = (b"date", b"Thu, 26 Nov 2026 19:19:36 GMT")
Header = tuple[bytes, bytes]


class Transport:
    """Keeps each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, parts: Sequence[bytes]) -> None:
        self.writes.append(b"".join(parts))

    def close(self) -> None:
        self.closed = True


class Left(NamedTuple):
    """What an answer has left behind."""

    written: bytes
    closed: bool
    responses: int
    error: str
    started: bool
    complete: bool


def start(*headers: Header, status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def cycle_on(
    transport: Any,
    *,
    method: str = "GET",
    keep_alive: bool = True,
    on_response: Callable[[], None] = lambda: None,
) -> RequestResponseCycle:
    """uvicorn's, of one request."""
    log: Any = SimpleNamespace(error=lambda *_, **__: None)
    return RequestResponseCycle(
        scope={"type": "http", "method": method},  # type: ignore[typeddict-item]
        transport=transport,
        flow=FlowControl(transport),
        logger=log,
        access_logger=logging.getLogger("nobody"),
        access_log=False,
        default_headers=[DATE],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=on_response,
    )


async def answered(
    messages: Sequence[dict[str, Any]], *, whole: bool, method: str = "GET", keep_alive: bool = True
) -> tuple[Left, list[bytes]]:
    """What these messages come to, from us or from uvicorn alone."""
    transport: Any = Transport()
    responses = [0]

    def on_response() -> None:
        responses[0] += 1

    cycle = cycle_on(transport, method=method, keep_alive=keep_alive, on_response=on_response)
    if whole:
        vars(cycle)["send"] = WholeAnswers(cycle).send

    error = ""
    try:
        for message in messages:
            await cycle.send(message)  # type: ignore[arg-type]
    except (RuntimeError, KeyError) as raised:
        error = repr(raised)
    written = b"".join(transport.writes)
    left = Left(written, transport.closed, responses[0], error, cycle.response_started, cycle.response_complete)
    return left, transport.writes


NAMES = st.sampled_from(
    [b"content-type", b"Content-Type", b"etag", b"x-a", b"connection", b"transfer-encoding", b"x y"]
)
VALUES = st.sampled_from([b"a", b"", b"close", b"chunked", b"a\tb", b"a\r\nx-b: c", b"a\nb", b"a\0b", b"\xe9"])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4)


@given(
    headers=HEADERS,
    length=st.none() | st.integers(0, 4),
    parts=st.lists(st.binary(max_size=4), min_size=1, max_size=3),
    status=st.sampled_from([200, 204, 304, 404, 599]),
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    keep_alive=st.booleans(),
)
async def test_the_bytes_are_those_of_uvicorn(
    headers: list[Header], length: int | None, parts: list[bytes], status: int, method: str, keep_alive: bool
) -> None:
    """Whatever an application answers, in one part or several, also what it must not."""
    lengths = [] if length is None else [(b"content-length", b"%d" % length)]
    bodies = [part(each, more=number < len(parts)) for number, each in enumerate(parts, 1)]
    messages = [start(*headers, *lengths, status=status), *bodies]

    ours, _ = await answered(messages, whole=True, method=method, keep_alive=keep_alive)
    theirs, _ = await answered(messages, whole=False, method=method, keep_alive=keep_alive)

    assert ours == theirs


async def test_a_whole_answer_is_one_write() -> None:
    answer = [start((b"content-type", b"text/plain"), (b"content-length", b"5")), part(b"Hello")]

    (ours, writes), (theirs, others) = [await answered(answer, whole=whole) for whole in (True, False)]

    assert (len(writes), len(others)) == (1, 2)
    assert (ours.responses, ours.complete) == (theirs.responses, theirs.complete) == (1, True)


@pytest.mark.parametrize("parts", [[part(b"Hello")], [part(b"Hel", more=True), part(b"lo")]], ids=["whole", "parts"])
async def test_an_answered_request_is_let_go_at_once(parts: list[dict[str, Any]]) -> None:
    """Its scope and headers are not kept until the collector comes, which is seldom."""
    transport: Any = Transport()
    cycle, messages = cycle_on(transport), [start((b"content-length", b"5")), *parts]
    vars(cycle)["send"] = WholeAnswers(cycle).send
    gc.disable()
    try:
        for message in messages:
            await cycle.send(message)  # type: ignore[arg-type]
        left = weakref.ref(cycle)
        del cycle
        assert left() is None
    finally:
        gc.enable()
    assert transport.writes


async def test_who_fails_before_the_body_may_still_answer_otherwise() -> None:
    """As by ASGI nothing was sent yet: the second head is the one that counts, and not a byte of the first is seen."""
    refused = [start((b"content-length", b"2"), status=500), part(b"no")]

    left, _ = await answered([start((b"content-length", b"5")), *refused], whole=True)

    assert left == (await answered(refused, whole=False))[0]

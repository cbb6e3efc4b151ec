"""HTTP/1.1 on a connection: uvicorn's, with bounds on what a client may send and how long that may take.

uvicorn bounds neither the head of a request nor the time that one takes to arrive, and refuses what it cannot read in
plain text, without a correlation id.
"""

import asyncio
from collections.abc import Callable
from itertools import chain
from typing import Any, cast

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from shop_http.errors import Refusal, answer_to
from shop_http.middleware.edge import UNMATCHED
from shop_http.middleware.headers import headers_for
from shop_http.whole_answers import WholeAnswers

HEAD_LIMIT = 64 * 1024  # bytes; the cookies and tokens of a browser come to some 10 KiB
MOST_HEADERS = 100  # a browser behind two proxies sends some thirty
ARRIVAL_SECONDS = 60.0  # for a whole request: a body of 1 MiB over a line of 150 kbit/s

_LARGER = "the headers are larger than a request may have"

_log = structlog.get_logger("shop.access")


class Protocol(HttpToolsProtocol):
    """Refuses what is no request, too long a head, and a request that does not arrive."""

    def __init__(
        self,
        *,
        new_id: Callable[[], str],
        arrival_seconds: float = ARRIVAL_SECONDS,
        only_https: bool = False,
        **uvicorns: Any,
    ) -> None:
        super().__init__(**uvicorns)
        self._new_id = new_id
        self._arrival_seconds = arrival_seconds
        self._scheme = "https" if only_https else "http"  # what the client speaks to the proxy before us
        self._arrival: asyncio.TimerHandle | None = None
        self._under_way = False  # a request has begun and is not whole
        self._in_head = True
        self._head_bytes = 0
        self._too_much = ""  # what of its head is more than a request may have
        self._is_boundary = False  # a request began or ended in what is being read

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Who connects and says nothing is not waited for either."""
        super().connection_made(transport)
        self._await_arrival()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and bound what it has to keep."""
        self._is_boundary = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and not self._is_boundary:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT:
                self._refuse(Refusal(431, "headers_too_large", _LARGER))
                return
        if self._arrival is None and (self._under_way or self._is_idle()):
            self._await_arrival()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._is_boundary = self._under_way = self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Its head is whole. Which shop is meant must be clear (RFC 9112, 3.2)."""
        self._too_much = self._beyond_bounds()
        if self._too_much:
            raise httptools.HttpParserError
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts != 1 and self.parser.get_http_version() == "1.1":
            raise httptools.HttpParserError
        super().on_headers_complete()
        self._in_head = False
        cycle: Any = self.cycle
        cycle.send = WholeAnswers(cycle).send  # it begins to answer in the next turn of the loop

    def on_message_complete(self) -> None:
        """It is whole; what follows on the connection is another."""
        super().on_message_complete()
        self._is_boundary = self._in_head = True
        self._under_way = False
        self._head_bytes = 0
        self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read."""
        if self._too_much:
            self._refuse(Refusal(431, "headers_too_large", self._too_much))
        else:
            self._refuse(Refusal(400, "malformed_request", msg))

    def _beyond_bounds(self) -> str:
        """What is wrong with the length of a whole head, in however many reads it came; empty if nothing."""
        if len(self.headers) > MOST_HEADERS:
            return "the request has more headers than it may have"
        texts = sum(map(len, chain.from_iterable(self.headers)))
        length = len(self.url) + texts + len(b": \r\n") * len(self.headers)
        return _LARGER if length > HEAD_LIMIT else ""

    def _is_idle(self) -> bool:
        """Whether nothing is answered here, and uvicorn does not wait for the next request either."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return self.timeout_keep_alive_task is None and (cycle is None or cycle.response_complete)

    def _await_arrival(self) -> None:
        self._arrival = self.loop.call_later(self._arrival_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None

    def _give_up(self) -> None:
        """Close the connection; who sent a part of a request is told why, unless its answer has begun."""
        if self._under_way and (self._in_head or not self.cycle.response_started):
            self._refuse(Refusal(408, "request_timeout", "the request did not arrive in time"))
        else:
            self.transport.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer in place of the application, and close: where the next request would begin is not known."""
        correlation = self._new_id()
        answer = answer_to(refusal, correlation)
        headers = [
            *((name.encode(), value.encode()) for name, value in answer.headers.items()),
            (b"content-type", answer.media_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            (b"x-correlation-id", correlation.encode()),
            (b"connection", b"close"),
            *headers_for(UNMATCHED, self._scheme),
        ]
        lines = [b"%s: %s\r\n" % header for header in headers]
        self.transport.write(b"".join([STATUS_LINE[refusal.status], *lines, b"\r\n", answer.body]))
        self.transport.close()
        _log.info("request", method="OTHER", route=UNMATCHED, status=refusal.status, correlation_id=correlation)

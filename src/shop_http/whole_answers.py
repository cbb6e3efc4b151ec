"""An answer that is whole is written at once: its head and its body together.

uvicorn writes the head as soon as it is told, and looks at every header by three regular expressions: for a page from
the cache that is a third of all that it costs. By ASGI nothing is sent before the first part of the body
(asgi.readthedocs.io, HTTP, "Response Start"). So the head is held until then; what is whole by then is written here,
and everything else is uvicorn's: streams, HEAD, answers that close, headers that are none.
"""

import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_CONTROLS = bytes(code for code in (*range(32), 127) if code != ord("\t"))
_REMEMBERED = 256
_OTHER_FRAMES = frozenset({b"connection", b"transfer-encoding"})


class WholeAnswers:
    """Takes the messages of one answer in place of uvicorn's `cycle`, which is left as if it had sent them."""

    __slots__ = ("_cycle", "_send", "_start")

    def __init__(self, cycle: Any) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._start: Any = None

    async def send(self, message: Any) -> None:
        """Take one message. Raises what uvicorn raises."""
        if message["type"] == "http.response.start" and not self._cycle.response_started:
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if self._write(start, message):
                return
            await self._send(start)
        await self._send(message)
        self._let_go()

    def _write(self, start: Any, message: Any) -> bool:
        """Write the whole answer, if it is one, and plain."""
        cycle, body = self._cycle, message.get("body", b"")
        if message.get("more_body") or not cycle.keep_alive or cycle.flow.write_paused or cycle.disconnected:
            return False
        head = None if cycle.scope["method"] == "HEAD" else head_of(start, cycle.default_headers, len(body))
        if head is None:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.writelines((head, body))
        cycle.message_event.set()
        self._let_go()
        cycle.on_response()
        return True

    def _let_go(self) -> None:
        """The two hold each other: once all is answered, neither is to wait for the collector."""
        if self._cycle.response_complete:
            vars(self._cycle).pop("send", None)


def head_of(start: Any, defaults: list[tuple[bytes, bytes]], length: int) -> bytes | None:
    """The head of an answer with so many bytes of body; None for one that has no length, another one, or is framed in
    another way, and where a name or a value is none.
    """
    lines = [STATUS_LINE[start["status"]].rstrip()]
    lines += [_begun[name] + value for name, value in defaults]
    lines += [_begun[name] + value for name, value in start["headers"]]
    if b"content-length: %d" % length not in lines:
        return None
    lines.append(b"\r\n")
    head = b"\r\n".join(lines)
    return head if len(head) - len(head.translate(None, _CONTROLS)) == 2 * len(lines) else None


class _Begun(dict[bytes, bytes]):
    """How the lines of headers begin, by name; with a control character where it is none, or frames the answer in
    another way. They are few: an application makes up none.
    """

    def __missing__(self, name: bytes) -> bytes:
        lowered = name.lower()
        is_plain = _TOKEN.fullmatch(name) and lowered not in _OTHER_FRAMES
        begun = lowered + b": " if is_plain else b"\0"
        if len(self) < _REMEMBERED:
            self[name] = begun
        return begun


_begun = _Begun()

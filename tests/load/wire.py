"""A client that costs next to nothing, so that the server is what is measured: one request at a time."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


class CutOff(Exception):
    """The connection ended before the answer did: whether the request was carried out is not known."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.content)


class Connection:
    """Opened when it is first needed, kept, and opened anew after it was cut off."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request and read its answer. Raises `CutOff`."""
        return await self.send(method, path, b"" if body is None else json.dumps(body).encode(), headers or {})

    async def send(self, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The same with a body as it is. Raises `CutOff`."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(content)}"]
        if content:
            lines.append("Content-Type: application/json")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._host, self._port)
            reader, writer = self._streams
            writer.write("\r\n".join((*lines, "", "")).encode() + content)
            return await self._read(reader)
        except (OSError, EOFError) as error:
            await self.close()
            raise CutOff from error

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, content)

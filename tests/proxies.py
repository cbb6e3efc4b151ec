"""A way to a server that can be cut, at the moment that a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_AT_ONCE = 65_536


class CuttingProxy:
    """Passes on what it is given. `cuts` is asked of each piece that a client sends: where it says yes, the piece
    reaches the server, and its answer nobody. While `is_shut` no connection is made.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.cuts: Callable[[bytes], bool] = lambda _: False
        self.cut = 0
        self.is_shut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if self.is_shut:
            writer.transport.abort()
            return
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._open |= {writer, upstream}
        back = asyncio.create_task(self._answers(upstream_reader, writer))
        try:
            await self._questions(reader, upstream, back)
        finally:
            back.cancel()
            for each in (writer, upstream):
                self._open.discard(each)
                each.transport.abort()

    def close(self) -> None:
        """Cut every connection."""
        for each in self._open:
            each.transport.abort()

    async def _questions(
        self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, back: asyncio.Task[None]
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(_AT_ONCE):
                if self.cuts(piece):
                    self.cut += 1
                    back.cancel()
                    upstream.write(piece)
                    await upstream.drain()
                    return
                upstream.write(piece)
                await upstream.drain()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_AT_ONCE):
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def cutting_proxy(port: int) -> AsyncIterator[CuttingProxy]:
    """A proxy in front of that port, for as long as it is needed."""
    proxy = CuttingProxy(port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.close()
        await server.wait_closed()

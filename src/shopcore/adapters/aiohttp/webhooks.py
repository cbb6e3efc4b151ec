"""Webhooks by HTTP: one request each, to where it is allowed to go, and nowhere from there."""

import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from shopcore.adapters.aiohttp.targets import CheckedNames, TargetRefused, Targets
from shopcore.adapters.aiohttp.turns import Turns
from shopcore.webhooks.model import Answer
from shopcore.webhooks.ports import SEND_SECONDS

_TURN_SECONDS = (
    2.0  # for one of an endpoint's turns: soon enough where it is quick, and where it is not, no place is held
)
_FIXED = {"content-type": "application/json", "user-agent": "shopcore"}


class HttpWebhookSender:
    """Made by `opened`. What an endpoint answers is not read beyond its head."""

    def __init__(self, session: aiohttp.ClientSession, turn_seconds: float) -> None:
        self._session = session
        self._turns = defaultdict[str, Turns](partial(Turns, turn_seconds))

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See the port. The time for an answer begins when it is sent: who waits for a turn has not asked yet."""
        async with self._turns[url].one():
            return await self._post(url, headers, body)

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            target = URL(url, encoded=True)
            async with self._session.post(
                target, data=body, headers={**_FIXED, **headers}, allow_redirects=False
            ) as reply:
                return Answer(status=reply.status, retry_after=_seconds(reply.headers.get("retry-after")))
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(problem=_problem(error))


@asynccontextmanager
async def opened(
    networks: Sequence[str],
    *,
    seconds: float = SEND_SECONDS,
    turn_seconds: float = _TURN_SECONDS,
    names: AbstractResolver | None = None,
) -> AsyncIterator[HttpWebhookSender]:
    """A sender that reaches the public internet and these networks, for as long as it is open."""
    targets = Targets(networks)
    resolver = names or CheckedNames(targets)

    def checked_socket(found: tuple[int, int, int, str, tuple[str | int, ...]]) -> socket.socket:
        """The last moment before a connection, and the very address that is connected to, also one that was no name."""
        family, kind, proto, _, address = found
        targets.require(str(address[0]))
        return socket.socket(family, kind, proto)

    connector = aiohttp.TCPConnector(
        limit=0,  # of connections: turns bound those of an endpoint, and nobody's wait for others'
        resolver=resolver,
        use_dns_cache=False,
        socket_factory=checked_socket,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
    try:
        async with session:
            yield HttpWebhookSender(session, turn_seconds)
    finally:
        await resolver.close()


def _seconds(retry_after: str | None) -> float | None:
    """Only a number is heeded: what an endpoint's clock says is not known here (RFC 9110, 10.2.3)."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None


def _problem(error: Exception) -> str:
    """A reason in fixed words: what a library says may have anything in it."""
    causes = [error, getattr(error, "os_error", None), error.__cause__]
    if any(isinstance(cause, TargetRefused) for cause in causes):
        return "its address is not public, and in no network of WEBHOOK_NETWORKS"
    match error:
        case TimeoutError():
            return "it did not answer in time"
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not good"
        case aiohttp.ClientConnectorDNSError():
            return "its name was not found"
        case aiohttp.ClientSSLError():
            return "TLS failed"
        case aiohttp.ClientConnectorError():
            return "no connection"
        case _:
            return "the connection broke"

"""Which addresses may be connected to: whoever names an URL must not reach what only this machine can (OWASP, SSRF)."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")  # RFC 8215: for use within a network
_IPV4_BITS = 0xFFFF_FFFF
_NOWHERE = tuple(map(ip_network, ("fec0::/10", "192.88.99.0/24", "192.0.0.0/24")))
"""Site-local (RFC 3879), relays of 6to4 (RFC 7526), protocols (RFC 6890): some networks still route them."""
_THREADS = 4  # of their own: a name server that is silent holds none that mail, stores or Redis look names up by


class TargetRefused(OSError):
    """An address that is not public, and in no network that is allowed."""


class Targets:
    """The public internet, and the networks that the merchant allows besides."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks: list[Network] = [ip_network(network) for network in networks]

    def require(self, text: str) -> None:
        """Raise `TargetRefused` for an address that is not to be connected to. `text` is in its usual form."""
        address = ip_address(text.partition("%")[0])
        if any(address in network for network in self._networks):
            return
        if not all(map(_is_public, _all_of(address))):
            raise TargetRefused(f"{text} is not a public address")


class CheckedNames(AbstractResolver):
    """Looks names up anew for every connection, and answers only if all of their addresses may be connected to."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._threads = ThreadPoolExecutor(_THREADS, "webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises `TargetRefused`, or `OSError` for a name that there is not."""
        found = await self.look_up(host, port, family)
        for _, address in found:
            self._targets.require(address)
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=numeric)
            for kind, address in found
        ]

    async def look_up(self, host: str, port: int, family: socket.AddressFamily) -> Sequence[tuple[int, str]]:
        """As the machine's own resolver answers: families and addresses."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, family=family)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [(each[0], str(each[4][0])) for each in found]

    async def close(self) -> None:
        """Let go of the threads; one that still waits for a name server is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _all_of(address: Address) -> list[Address]:
    """An address and those within it: a gateway takes what is sent to it on to them."""
    if isinstance(address, IPv4Address):
        return [address]
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(IPv4Address(int(address) & _IPV4_BITS))
    # Of a mapped address only what it maps counts: by itself it is no place.
    return [each for each in inner if each is not None] + ([] if address.ipv4_mapped else [address])


def _is_public(address: Address) -> bool:
    is_special = address.is_multicast or address.is_reserved or address in _LOCAL_NAT64
    if any(address in network for network in _NOWHERE):
        return False
    return (address.is_global or address in _NAT64) and not (is_special and address not in _NAT64)

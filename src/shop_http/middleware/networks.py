"""Where a request may come from: addresses, networks, and lists that let in or keep out."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shop_http.errors import Refusal, answer_to

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_IPV4_SEEN, _IPV6_SEEN = 24, 48  # bits that say where somebody is, and not who


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks in CIDR form; an address alone is a network of one. Raises `ValueError`."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address | None:
    """An address, or None for what is none; one of IPv4 that came in the clothes of IPv6 is what it is."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    """Whether the address belongs to one of the networks."""
    return address is not None and any(address in network for network in networks)


@lru_cache(maxsize=4096)
def masked(text: str) -> str:
    """The surroundings of an address, as they may be kept: the /24 of IPv4, the /48 of IPv6; "" for what is none."""
    address = address_of(text)
    if address is None:
        return ""
    bits = _IPV4_SEEN if address.version == 4 else _IPV6_SEEN
    return str(ipaddress.ip_network((address, bits), strict=False))


class Networks:
    """Refuses callers from blocked networks, and, where some are allowed, from all others. Probes are answered."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str], blocked: Sequence[str]) -> None:
        self._app = app
        self._allowed = networks_of(allowed)
        self._blocked = networks_of(blocked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith("/health/") or self._may(scope["client"]):
            await self._app(scope, receive, send)
            return
        refusal = Refusal(403, "network_refused", "this shop does not answer to where you are")
        await answer_to(refusal).to_asgi()(scope, receive, send)

    def _may(self, client: tuple[str, int] | None) -> bool:
        address = address_of(client[0]) if client else None
        if is_in(address, self._blocked):
            return False
        return not self._allowed or is_in(address, self._allowed)

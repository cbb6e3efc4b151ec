"""Where a customer came from, as the account keeps it: a keyed digest, which knows the place again and names none.

Of the whole address, or the /64 of an IPv6 one: in a wider network are a neighbour, a provider's other customers, and
whoever rents a machine there. A digest is of one account: nothing tells that two customers share a place.
"""

from collections.abc import Iterable

from shopcore.kernel.ids import CustomerId
from shopcore.kernel.sealing import Signer

_CONTEXT = "account-network"
_BYTES = 16


def names_of(signer: Signer, customer_id: CustomerId, network: str) -> tuple[str, ...]:
    """What the account may know the network by, one name for each of the shop's keys; the first is written.

    None for one that is not known, as that of who uses the library: nobody knows that two of those are the same.
    """
    if not network:
        return ()
    message = f"{customer_id}/{network}".encode()
    return tuple(mac[:_BYTES].hex() for mac in signer.signatures(message, _CONTEXT))


def is_among(names: tuple[str, ...], networks: Iterable[str]) -> bool:
    """Whether the account has been used from there."""
    return not set(names).isdisjoint(networks)

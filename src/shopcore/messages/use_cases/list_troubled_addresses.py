"""Look at addresses that mail came back from."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.messages.model import TroubledAddress
from shopcore.messages.ports import TroubledAddresses


@dataclass(frozen=True, kw_only=True, slots=True)
class ListTroubledAddresses:
    """By digest: who has an address can find it, and nobody can read addresses off the list."""

    addresses: TroubledAddresses

    async def __call__(self, actor: Actor, *, limit: int = 20) -> Sequence[TroubledAddress]:
        """Staff with `messages:read`; the newest first."""
        permit(actor, "messages:read")
        return await self.addresses.latest(limit)

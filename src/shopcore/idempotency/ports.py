"""What idempotency needs from a store."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from shopcore.idempotency.model import Claim


class Claims(Protocol):
    """Claims by key. Outcomes may hold personal data and are stored sealed."""

    async def claim(self, wanted: Claim, take_over: Callable[[Claim], Claim]) -> Claim:
        """Store `wanted` if the key is free, else what `take_over` makes of the one there; answer what is stored.

        Atomic: of two concurrent claims one is stored first and the other is given it. Raises what `take_over` raises.
        """
        ...

    async def find(self, key: str) -> Claim | None:
        """The claim under that key, if there is one."""
        ...

    async def renew(self, key: str, owner: str, until: datetime) -> None:
        """Prolong the lease of a claim that `owner` holds, and change nothing else.

        Raises `RequestInProgress` if somebody else has taken it over; also for an unknown key: a claim that is gone is
        nobody's.
        """
        ...

    async def reach(self, key: str, owner: str, point: str) -> None:
        """Write down how far the request got, and nothing else. Raises as `renew`."""
        ...

    async def finish(self, key: str, owner: str, outcome: bytes) -> None:
        """Keep the reply, and change nothing else. Raises as `renew`."""
        ...

    async def remove_older(self, before: datetime, limit: int) -> int:
        """Forget claims made before that, finished or not, oldest first; answers how many."""
        ...

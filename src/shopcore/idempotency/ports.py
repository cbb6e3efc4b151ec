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

    async def advance(self, key: str, owner: str, change: Callable[[Claim], Claim]) -> Claim:
        """Change a claim that `owner` holds. Raises `RequestInProgress` if somebody else has taken it over.

        Also for an unknown key: a claim that is gone is nobody's. Raises what `change` raises; then nothing changed.
        """
        ...

    async def remove_older(self, before: datetime, limit: int) -> int:
        """Forget claims made before that, finished or not, oldest first; answers how many."""
        ...

"""Who did what: the port that use cases of staff and operators write to."""

from collections.abc import Mapping
from typing import Protocol

from shopcore.kernel.actor import Actor


class Audit(Protocol):
    """An append-only log."""

    async def record(
        self, actor: Actor, action: str, subject: str, *, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Append one entry in the transaction in progress. Values are figures, states and ids, never personal data."""
        ...

"""Show which keys are needed."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import EVERYTHING, Actor, permit
from shopcore.privacy.model import KeyUse
from shopcore.privacy.steps import CountUses


@dataclass(frozen=True, kw_only=True, slots=True)
class ListKeys:
    """By looking at each value: what is said to be free is free at that moment."""

    count_uses: CountUses

    async def __call__(self, actor: Actor) -> Sequence[KeyUse]:
        """Needs every permission."""
        permit(actor, EVERYTHING)
        return await self.count_uses()

"""Show which keys are needed."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import EVERYTHING, Actor, permit
from shopcore.kernel.sealing import Sealer
from shopcore.privacy.model import KeyUse
from shopcore.privacy.model.keys import recall
from shopcore.privacy.ports import Vault
from shopcore.privacy.steps import CountUses


@dataclass(frozen=True, kw_only=True, slots=True)
class ListKeys:
    """By looking at each value: what is free is so at that moment, and what is used is noted as needed."""

    vault: Vault
    sealer: Sealer
    count_uses: CountUses

    async def __call__(self, actor: Actor) -> Sequence[KeyUse]:
        """Needs every permission."""
        permit(actor, EVERYTHING)
        uses, sealing = await self.count_uses(), self.sealer.sealing_keys
        held = await self.vault.held()
        if recall(held, uses, sealing) != held:
            await self.vault.note(lambda noted: recall(noted, uses, sealing))
        return uses

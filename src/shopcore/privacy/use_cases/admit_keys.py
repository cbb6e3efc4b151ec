"""Look at the keys before the shop is opened with them."""

from dataclasses import dataclass

from shopcore.kernel.actor import EVERYTHING, Actor, permit
from shopcore.kernel.sealing import Sealer
from shopcore.privacy.model.keys import admit
from shopcore.privacy.ports import Vault


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmitKeys:
    """A shop without a key that values need would answer with errors, or find nobody; so it is not opened."""

    vault: Vault
    sealer: Sealer

    async def __call__(self, actor: Actor) -> None:
        """The shop itself. Raises `KeysMissing`, which names the setting and the key."""
        permit(actor, EVERYTHING)
        sealing, index = self.sealer.sealing_keys, self.sealer.index_keys
        held = await self.vault.held()
        is_new = not held.index and await self.vault.is_new()
        if admit(held, sealing, index, is_new=is_new) != held:
            await self.vault.note(lambda noted: admit(noted, sealing, index, is_new=is_new))

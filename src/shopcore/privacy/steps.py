"""Steps that several acts on keys share."""

from dataclasses import dataclass

from shopcore.kernel.sealing import Sealer
from shopcore.privacy.model import KeyUse, Place, Tally
from shopcore.privacy.model.keys import added, uses_of
from shopcore.privacy.ports import Vault

BATCH = 100
"""Rows at a time: a few milliseconds of a store's one writer, so that whoever buys meanwhile does not notice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountUses:
    """Looks at every sealed value and every index of the store."""

    vault: Vault
    sealer: Sealer

    async def __call__(self) -> list[KeyUse]:
        """Each key with what needs it."""
        whole = Tally()
        for place in Place:
            after = ""
            while (some := await self.vault.tally(place, after, BATCH)).last is not None:
                after = some.last
                whole = Tally(sealing=added(whole.sealing, some.sealing), index=added(whole.index, some.index))
        return uses_of(whole, self.sealer.sealing_keys, self.sealer.index_keys)

"""See how many recovery codes are left."""

from dataclasses import dataclass

from shopcore.identity.model.second_factor import in_use
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, signed_in


@dataclass(frozen=True, kw_only=True, slots=True)
class CountRecoveryCodes:
    """Those that were not used yet; none where no second factor is asked for."""

    accounts: Accounts

    async def __call__(self, actor: Actor) -> int:
        """A customer may, in person, for their own account. Raises `AccountNotFound` once it is erased."""
        factor = in_use((await self.accounts.get(signed_in(actor).customer_id)).second_factor)
        return 0 if factor is None else len(factor.recovery)

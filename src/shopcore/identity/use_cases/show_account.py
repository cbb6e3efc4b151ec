"""Show a customer their account."""

from dataclasses import dataclass

from shopcore.identity.model import Account
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, Own, signed_in


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowAccount:
    """The profile and the address book."""

    accounts: Accounts

    async def __call__(self, actor: Actor) -> Account:
        """A customer may, their own. Raises `AccountNotFound` once it is erased."""
        return await self.accounts.get(signed_in(actor, Own.PROFILE).customer_id)

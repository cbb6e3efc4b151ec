"""Show a customer's passkeys."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.identity.model import Passkey
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, signed_in


@dataclass(frozen=True, kw_only=True, slots=True)
class ListPasskeys:
    """In the order in which they were added. Which devices somebody has is no matter of an app that sees their name."""

    accounts: Accounts

    async def __call__(self, actor: Actor) -> Sequence[Passkey]:
        """A customer may, in person, for themselves. Raises `AccountNotFound`."""
        return (await self.accounts.get(signed_in(actor).customer_id)).passkeys

"""Change what a customer says of themselves."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.model import Account
from shopcore.identity.model.accounts import checked_name
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateAccount:
    """The name. The e-mail address and the password have acts of their own, which ask for more."""

    accounts: Accounts
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, name: str | None) -> Account:
        """A customer may, their own; an empty name is none. Raises `InvalidInput`, `AccountNotFound`."""
        customer_id, called = signed_in(actor).customer_id, checked_name(name)

        async def work() -> Account:
            return await self.accounts.update(customer_id, lambda held: msgspec.structs.replace(held, name=called))

        return await self.unit_of_work(work)

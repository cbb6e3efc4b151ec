"""Give a customer what they ordered as a guest."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CustomerId
from shopcore.ordering.steps import ClaimOrdersOfAddress


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimOrders:
    """Every guest order with the customer's verified e-mail address. Doing it again changes nothing."""

    accounts: Accounts
    claim: ClaimOrdersOfAddress

    async def __call__(self, actor: Actor, *, customer_id: CustomerId) -> bool:
        """The shop itself, or staff with `accounts:write`.

        Answers whether the account was there all the while. Where it was not, its customer was erased, perhaps before
        an order became theirs, and has to be forgotten once more.
        """
        permit(actor, "accounts:write")
        try:
            account = await self.accounts.get(customer_id)
            if account.verified_at is not None:
                await self.claim(account.email, customer_id)
                await self.accounts.get(customer_id)
        except AccountNotFound:
            return False
        return True

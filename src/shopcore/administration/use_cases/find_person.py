"""Look a customer up."""

from dataclasses import dataclass

from shopcore.administration.errors import PersonNotFound
from shopcore.administration.model import Person, person
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.ids import CustomerId


@dataclass(frozen=True, kw_only=True, slots=True)
class FindPerson:
    """By their id, or by an e-mail address, which is compared as a whole."""

    accounts: Accounts
    emails: EmailAddresses

    async def __call__(
        self, actor: Actor, *, customer_id: CustomerId | None = None, email: str | None = None
    ) -> Person:
        """Staff with `customers:read`. Raises `PersonNotFound`, or `InvalidInput` for what is no e-mail address."""
        permit(actor, "customers:read")
        if email is not None:
            account = await self.accounts.find_by_email(self.emails.normal(email))
            if account is None:
                raise PersonNotFound
            return person(account)
        try:
            return person(await self.accounts.get(customer_id or CustomerId("")))
        except AccountNotFound:
            raise PersonNotFound from None

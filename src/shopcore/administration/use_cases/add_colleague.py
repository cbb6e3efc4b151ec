"""Make somebody a member of staff."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.access.steps import GiveRoles
from shopcore.administration.errors import NotVerified, PersonNotFound
from shopcore.administration.model import Colleague, colleague
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AddColleague:
    """A customer is found by their e-mail address, and given roles. Who is on the staff already is given others.

    The address must be verified: else whoever opened the account first would be on the staff, not whose address it is.
    """

    accounts: Accounts
    emails: EmailAddresses
    give_roles: GiveRoles
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, email: str, roles: Sequence[str]) -> Colleague:
        """Staff with `staff:write`. Raises `PersonNotFound`, `NotVerified`, and as `GiveRoles` does."""
        permit(actor, "staff:write")
        address = self.emails.normal(email)

        async def work() -> Colleague:
            account = await self.accounts.find_by_email(address)
            if account is None:
                raise PersonNotFound
            if account.verified_at is None:
                raise NotVerified
            return colleague(await self.give_roles(actor, account.id, roles), account)

        return await self.unit_of_work(work)

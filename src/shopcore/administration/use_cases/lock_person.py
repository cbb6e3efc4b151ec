"""Lock a customer out, or let them in again."""

from dataclasses import dataclass

from shopcore.access.errors import MemberNotFound
from shopcore.access.ports import Members
from shopcore.administration.errors import PersonNotFound, StillStaff
from shopcore.administration.model import Person, person
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.model.accounts import lock, unlock
from shopcore.identity.model.differences import difference
from shopcore.identity.ports import Accounts, Sessions
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class LockPerson:
    """Who is locked out is signed out everywhere at once, and cannot sign in; their orders stay theirs.

    A member of staff has to be let go first: locking is no way around the rules on who lets whom go.
    """

    accounts: Accounts
    sessions: Sessions
    members: Members
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, customer_id: CustomerId, locked: bool) -> Person:
        """Staff with `customers:write`. Raises `PersonNotFound` or `StillStaff`."""
        permit(actor, "customers:write")
        now = self.clock.now()

        async def work() -> Person:
            if locked:
                await self._require_customer_only(customer_id)
            before = await self.accounts.get(customer_id)
            account = await self.accounts.update(customer_id, (lambda held: lock(held, now)) if locked else unlock)
            if locked:
                await self.sessions.end_all(customer_id, now)
            action = "customer.lock" if locked else "customer.unlock"
            what = difference(before, account)
            await self.witness.note(actor, action, customer_id, what, f"customer:{customer_id}")
            return person(account)

        try:
            return await self.unit_of_work(work)
        except AccountNotFound:
            raise PersonNotFound from None

    async def _require_customer_only(self, customer_id: CustomerId) -> None:
        try:
            await self.members.get(customer_id)
        except MemberNotFound:
            return
        raise StillStaff

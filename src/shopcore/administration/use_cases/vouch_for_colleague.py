"""Say of a colleague that their second factor and passkeys are theirs."""

from collections.abc import Collection
from dataclasses import dataclass

from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import permissions_of
from shopcore.access.ports import Members, Roles
from shopcore.administration.errors import NotForOneself, NothingToVouchFor, PersonNotFound
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.model import Account
from shopcore.identity.model.accounts import can_show_two
from shopcore.identity.model.proofs import vouch_for
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Staff, permit, require_step_up
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class VouchForColleague:
    """Their next sign-in with one of them counts. Ask them first, by another way than a mail, what they have set up.

    What is meant is named, as `ListColleagues` shows it: nobody vouches for what they have not seen.

    As with roles, nobody lets somebody in who may do more than they may themselves.
    """

    roles: Roles
    members: Members
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, customer_id: CustomerId, proofs: Collection[str]) -> None:
        """Staff with `staff:write` who have signed in lately, and not for themselves.

        Raises `StepUpRequired`, `MemberNotFound`, `CannotGrant`, `NotForOneself`, `NothingToVouchFor`,
        `OtherProofs` where there are others or not these, `PersonNotFound` for an account that is gone.
        """
        permit(actor, "staff:write")
        now = self.clock.now()
        require_step_up(actor, now)
        if isinstance(actor, Staff) and actor.name == customer_id:
            raise NotForOneself

        def change(held: Account) -> Account:
            if not can_show_two(held):
                raise NothingToVouchFor
            return vouch_for(held, now, proofs)

        async def work() -> None:
            member = await self.members.get(customer_id)
            require_all(actor, permissions_of(member.roles, await self.roles.everything()))
            await self.witness.change(actor, "staff.vouch", customer_id, change)

        try:
            await self.unit_of_work(work)
        except AccountNotFound:
            raise PersonNotFound from None

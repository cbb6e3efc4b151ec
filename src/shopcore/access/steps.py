"""What hiring, promoting and leaving share."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shopcore.access.model import ApiKey, Member
from shopcore.access.model.api_keys import hand_over, is_good, revoke
from shopcore.access.model.members import require_another_owner, require_second_factor, with_roles
from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import OWNER, permissions_of, require_known
from shopcore.access.ports import ApiKeys, Lendings, Members, Roles
from shopcore.kernel.actor import EVERYTHING, Actor, Customer, name_of, person_in, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId


@dataclass(frozen=True, kw_only=True, slots=True)
class GiveRoles:
    """Gives somebody these roles and no others, in the transaction in progress.

    Whoever does has signed in lately: else a device left open could make itself an owner that is asked for nothing.
    Nobody gives, or takes, what they do not have themselves: only owners make owners. A shop keeps its last one. What
    they let apps do before is no more than what they held then: an app does not rise with its person.
    """

    roles: Roles
    members: Members
    lendings: Lendings
    audit: Audit
    clock: Clock

    async def __call__(self, actor: Actor, customer_id: CustomerId, roles: Sequence[str]) -> Member:
        """Raises `StepUpRequired`, `InvalidInput`, `CannotGrant` or `LastOwner`."""
        require_step_up(actor, self.clock.now())
        own, staff = await self.roles.everything(), await self.members.everything()
        require_known(roles, own)
        before = {member.customer_id: member for member in staff}.get(customer_id)
        require_all(actor, permissions_of((*roles, *(before.roles if before else ())), own))
        if before is not None and OWNER not in roles:
            require_another_owner(staff, before)
        await self.lendings.keep_only(customer_id, permissions_of(before.roles if before else (), own))
        member = with_roles(before or self._new(actor, customer_id), roles)
        await self.members.put(member)
        await self.audit.record(
            actor,
            "staff.change",
            f"staff:{customer_id}",
            before={"roles": " ".join(before.roles if before else ())},
            after={"roles": " ".join(member.roles)},
        )
        return member

    def _new(self, actor: Actor, customer_id: CustomerId) -> Member:
        return Member(customer_id=customer_id, roles=(), added_at=self.clock.now(), added_by=name_of(actor))


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldNow:
    """What whoever answers for a key or a client may do at this moment, by the name that it is kept under.

    Else a key would stay good for what its maker has not been allowed for long.
    """

    roles: Roles
    members: Members

    async def __call__(self, maker: str) -> frozenset[str]:
        """Everything for the shop's own machine and other makers that are no customer. Raises `MemberNotFound`."""
        maker_id = person_in(maker)
        if maker_id is None:
            return frozenset({EVERYTHING})
        member = await self.members.get(maker_id)
        return permissions_of(member.roles, await self.roles.everything())

    async def cut(self, maker: str, permissions: frozenset[str]) -> frozenset[str]:
        """What of these the maker holds. Raises `MemberNotFound`."""
        held = await self(maker)
        return permissions if EVERYTHING in held else permissions & held


@dataclass(frozen=True, kw_only=True, slots=True)
class EndKeys:
    """Ends the keys that somebody answers for, in the transaction in progress, or hands them over."""

    api_keys: ApiKeys
    audit: Audit
    clock: Clock

    async def __call__(
        self, actor: Actor, customer_id: CustomerId, heir: str | None = None, held: Collection[str] = ()
    ) -> Sequence[ApiKey]:
        """Those that were good until now; `heir` is who answers for them from now on, None ends them.

        With an heir they keep what of theirs is in `held`: what whoever leaves might still do.
        """
        now = self.clock.now()
        good = [
            key
            for key in await self.api_keys.everything()
            if person_in(key.created_by) == customer_id and is_good(key, now)
        ]
        return [await self._end(actor, key, heir, held, now) for key in good]

    async def _end(self, actor: Actor, key: ApiKey, heir: str | None, held: Collection[str], now: datetime) -> ApiKey:
        change = partial(revoke, now=now) if heir is None else partial(hand_over, to=heir, held=held, now=now)
        changed = await self.api_keys.change(key.id, change)
        is_over = changed.revoked_at is not None
        was, is_now = ({"revoked": "no"}, {"revoked": "yes"}) if is_over else (_handed(key), _handed(changed))
        action = "api_key.revoke" if is_over else "api_key.hand_over"
        await self.audit.record(actor, action, f"api_key:{key.id}", before=was, after=is_now)
        return changed


def _handed(key: ApiKey) -> dict[str, str]:
    return {"created_by": key.created_by, "permissions": " ".join(key.permissions)}


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveStaff:
    """Takes somebody off the staff who goes by themselves, with their keys, in the transaction in progress."""

    members: Members
    end_keys: EndKeys
    audit: Audit
    needs_second_factor: bool = False

    async def __call__(self, actor: Customer) -> None:
        """A no-op for who is none. Raises `LastOwner`: a shop keeps its last one.

        Where the shop asks its staff for a second factor, leaving takes one too, and raises as `AdmitStaff` does: what
        a stolen password ends would be missed.
        """
        customer_id = actor.customer_id
        staff = await self.members.everything()
        leaving = {member.customer_id: member for member in staff}.get(customer_id)
        if leaving is None:
            return
        if self.needs_second_factor:
            require_second_factor(actor.sign_in)
        require_another_owner(staff, leaving)
        await self.members.remove(customer_id)
        await self.end_keys(actor, customer_id)
        await self.audit.record(
            actor, "staff.leave", f"staff:{customer_id}", before={"roles": " ".join(leaving.roles)}, after={}
        )

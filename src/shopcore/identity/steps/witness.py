"""What is done to an account, and who is told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shopcore.identity.events import PasswordChanged
from shopcore.identity.model import Account
from shopcore.identity.model.accounts import can_show_two
from shopcore.identity.model.differences import Changed, difference
from shopcore.identity.model.proofs import CODE, is_vouched
from shopcore.identity.model.second_factor import in_use
from shopcore.identity.model.sessions import MULTIPLE, VOUCHED, weaken
from shopcore.identity.ports import Accounts, Sessions
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.audit import Audit
from shopcore.kernel.events import Event, Events
from shopcore.kernel.ids import CustomerId


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """Says what happened, to the audit log and to whoever has to act on it, inside a unit of work."""

    accounts: Accounts
    events: Events
    audit: Audit

    async def __call__(
        self, actor: Actor, action: str, customer_id: CustomerId, event: Event, what: Changed | None = None
    ) -> None:
        """Ids, figures and states only."""
        await self.events.publish(event)
        await self.note(actor, action, customer_id, what)

    async def note(
        self, actor: Actor, action: str, customer_id: CustomerId, what: Changed | None = None, subject: str = ""
    ) -> None:
        """To the audit log alone; the subject is the customer unless it is told."""
        changed = what or Changed({}, {})
        await self.audit.record(actor, action, subject or customer_id, before=changed.before, after=changed.after)

    async def change(
        self,
        actor: Actor,
        action: str,
        customer_id: CustomerId,
        change: Callable[[Account], Account],
        event: Event | None = None,
    ) -> Account:
        """Change an account, and say how what differs stood before and stands now. Raises what `accounts.update` does.

        Where nothing differs and nobody has to act on it, nothing is said.
        """
        before = await self.accounts.get(customer_id)
        after = await self.accounts.update(customer_id, change)
        what = difference(before, after)
        if event is not None:
            await self.events.publish(event)
        if event is not None or what.after or what.before:
            await self.note(actor, action, customer_id, what)
        return after


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplacePassword:
    """Sets another password and ends the sessions that the old one opened, inside a unit of work."""

    sessions: Sessions
    witness: Witness

    async def __call__(self, actor: Customer, action: str, change: Callable[[Account], Account], now: datetime) -> None:
        """All but the session that the actor came with. `change` sets the password. Raises what it raises."""
        customer_id, came = actor.customer_id, actor.sign_in
        await self.witness.change(actor, action, customer_id, change, PasswordChanged(at=now, customer_id=customer_id))
        await self.sessions.end_all(customer_id, now, None if came is None else came.session_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveProof:
    """Takes a factor or a passkey off an account, inside a unit of work.

    With the last of them its sessions cease to be ones of two factors, with the last one that was vouched for to be
    vouched for, and with the factor to be ones of a code: else whoever showed one that is gone would count for months
    as somebody who has one, or as one who showed the next one.
    """

    sessions: Sessions
    witness: Witness

    async def __call__(
        self, actor: Actor, action: str, customer_id: CustomerId, change: Callable[[Account], Account], event: Event
    ) -> None:
        """`change` takes it off. Raises what it raises."""
        left = await self.witness.change(actor, action, customer_id, change, event)
        lost = () if can_show_two(left) else (MULTIPLE,)
        lost = lost if is_vouched(left) else (*lost, VOUCHED)
        lost = lost if in_use(left.second_factor) is not None else (*lost, CODE)
        for session in await self.sessions.of_customer(customer_id) if lost else ():
            await self.sessions.update(session.id, lambda held: weaken(held, *lost))

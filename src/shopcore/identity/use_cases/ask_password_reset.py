"""Ask for a mail with a link to set another password."""

from dataclasses import dataclass

from shopcore.identity.events import ResetAsked
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AskPasswordReset:
    """Does the same whether there is an account or not: whoever sends the mail looks."""

    accounts: Accounts
    emails: EmailAddresses
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, email: str) -> None:
        """Anybody may. Raises `InvalidInput` for what is no e-mail address."""
        asked = ResetAsked(at=self.clock.now(), email_key=self.accounts.key_of(self.emails.normal(email)))
        await self.unit_of_work(lambda: self.events.publish(asked))

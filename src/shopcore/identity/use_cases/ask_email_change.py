"""Ask for another e-mail address."""

from dataclasses import dataclass

from shopcore.identity.events import EmailChangeAsked
from shopcore.identity.model import Account, EmailChange
from shopcore.identity.model.accounts import ask_email_change
from shopcore.identity.steps import ConfirmPassword, Witness
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AskEmailChange:
    """Both mailboxes get a link, and both have to agree before anything changes."""

    confirm: ConfirmPassword
    emails: EmailAddresses
    witness: Witness
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, email: str, password: str) -> None:
        """A customer may, their own. Whether the other address has an account already is told in its mail alone.

        Raises `InvalidInput`, `InvalidCredentials`, `TooManyAttempts`, `PasswordsBusy`.
        """
        customer, now = signed_in(actor), self.clock.now()
        address = self.emails.normal(email)
        account = await self.confirm(customer, password, now)
        email_key = self.confirm.accounts.key_of(address)
        asked = EmailChange(id=self.ids.new(), email=address, asked_at=now)

        def change(held: Account) -> Account:
            return ask_email_change(held, asked)

        async def work() -> None:
            held = await self.witness.change(actor, "account.ask_email_change", account.id, change)
            change_id = asked.id if held.email_change is None else held.email_change.id
            event = EmailChangeAsked(at=now, customer_id=account.id, change_id=change_id, email_key=email_key)
            await self.witness.events.publish(event)

        await self.unit_of_work(work)

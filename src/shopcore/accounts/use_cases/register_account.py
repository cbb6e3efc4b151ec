"""Open an account, or seem to."""

from dataclasses import dataclass

from shopcore.identity.events import VerificationAsked
from shopcore.identity.model import Account, Device
from shopcore.identity.model.accounts import ask, checked_name, contest, remember
from shopcore.identity.model.networks import names_of
from shopcore.identity.ports import Accounts
from shopcore.identity.steps import NewPasswords
from shopcore.kernel.actor import Actor
from shopcore.kernel.address import EmailAddresses, locale_problems
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.events import Events
from shopcore.kernel.ids import CustomerId, Ids
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterAccount:
    """The mail says whether the address is to be verified or has an account already; the answer does not.

    Whichever it is, one password is looked at and one transaction is written, so that time does not tell either.
    """

    accounts: Accounts
    new_passwords: NewPasswords
    emails: EmailAddresses
    signer: Signer
    events: Events
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(
        self,
        _actor: Actor,
        *,
        email: str,
        password: str,
        name: str | None = None,
        locale: str | None = None,
        device: Device | None = None,
    ) -> None:
        """Anybody may. Raises `InvalidInput` naming the field, `PasswordsBusy`.

        `locale` is the language to write in (BCP 47). Where `device` is tells later whether who follows the link may be
        who chose the password.
        """
        address, called = self.emails.normal(email), checked_name(name)
        if problems := locale_problems(locale):
            raise InvalidInput(*problems)
        chosen = self.new_passwords.checked(password, address, called)
        before = await self.accounts.find_by_email(address)
        is_same, hashed = await self._look_at(before, chosen)
        now, network = self.clock.now(), (device or Device()).network
        new = Account(
            id=CustomerId(self.ids.new()), email=address, created_at=now, name=called, locale=locale, password=hashed
        )
        account = remember(new, names_of(self.signer, new.id, network))

        async def work() -> None:
            there = await self.accounts.find_by_email(address)
            if there is None:
                await self.accounts.add(account)
            elif is_same and before is not None and there.password == before.password:
                names = names_of(self.signer, there.id, network)
                await self.accounts.update(there.id, lambda held: ask(remember(held, names), now))
            else:
                await self.accounts.update(there.id, lambda held: ask(contest(held), now))
            await self.events.publish(VerificationAsked(at=now, email_key=self.accounts.key_of(address)))

        await self.unit_of_work(work)

    async def _look_at(self, before: Account | None, chosen: str) -> tuple[bool, str | None]:
        """Somebody who registers twice, because the mail was slow, knows the password of the first time."""
        if before is not None and before.verified_at is None and before.password is not None:
            return await self.new_passwords.passwords.verify(before.password, chosen), None
        return False, await self.new_passwords.passwords.hash(chosen)

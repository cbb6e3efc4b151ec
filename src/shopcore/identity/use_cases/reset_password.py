"""Set another password by a mailed link."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound, InvalidLink
from shopcore.identity.model import Account, Purpose
from shopcore.identity.model.accounts import set_password
from shopcore.identity.model.links import read_link, require_genuine
from shopcore.identity.model.proofs import without_passkeys
from shopcore.identity.ports import Accounts
from shopcore.identity.steps import NewPasswords, ReplacePassword
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ResetPassword:
    """The link is good once. Every session ends; a second factor stays, since a mailbox is no proof of it.

    Passkeys open the account without its password, so one that a thief has added outlives another password: they go
    where that is asked for. An account that asks for a passkey beside its password then asks for a recovery code,
    unless nobody vouched for that: whoever knew the old password can have set it up, and has the codes.
    """

    accounts: Accounts
    new_passwords: NewPasswords
    replace: ReplacePassword
    signer: Signer
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, token: str, password: str, remove_passkeys: bool = False) -> None:
        """Whoever has the link may; all passkeys go if they say so.

        Raises `InvalidLink`, `InvalidInput`, `PasswordsBusy`.
        """
        claimed, now = read_link(token, Purpose.RESET), self.clock.now()
        try:
            account = await self.accounts.get(claimed.customer_id)
            require_genuine(self.signer, token, claimed, account, now)
            hashed = await self.new_passwords.hashed(password, account.email, account.name)

            def change(held: Account) -> Account:
                require_genuine(self.signer, token, claimed, held, now)
                return set_password(without_passkeys(held) if remove_passkeys else held, hashed)

            async def work() -> None:
                await self.replace(Customer(customer_id=account.id), "account.reset_password", change, now)

            await self.unit_of_work(work)
        except AccountNotFound:
            raise InvalidLink from None

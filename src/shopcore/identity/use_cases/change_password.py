"""Change a password by who knows the present one."""

from dataclasses import dataclass

from shopcore.identity.errors import InvalidCredentials
from shopcore.identity.model import Account
from shopcore.identity.model.accounts import set_password
from shopcore.identity.steps import ConfirmPassword, NewPasswords, ReplacePassword
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePassword:
    """Every other session ends: whoever knew the old password is out."""

    confirm: ConfirmPassword
    new_passwords: NewPasswords
    replace: ReplacePassword
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, current: str, new: str) -> None:
        """A customer may, their own.

        Raises `InvalidCredentials`, `TooManyAttempts`, `InvalidInput` naming `new`, `PasswordsBusy`.
        """
        customer, now = signed_in(actor), self.clock.now()
        account = await self.confirm(customer, current, now)
        hashed = await self.new_passwords.hashed(new, account.email, account.name, field="new")

        def change(held: Account) -> Account:
            if held.password != account.password:
                raise InvalidCredentials
            return set_password(held, hashed)

        async def work() -> None:
            await self.replace(customer, "account.change_password", change, now)

        await self.unit_of_work(work)

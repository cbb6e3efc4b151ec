"""Remove the second factor of an account."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.errors import SecondFactorOff
from shopcore.identity.events import SecondFactorChanged
from shopcore.identity.model import Account
from shopcore.identity.model.second_factor import in_use, take
from shopcore.identity.ports import OneTimeCodes
from shopcore.identity.steps import ConfirmPassword, RemoveProof
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveSecondFactor:
    """Needs what signing in needs, so that a device left open does not suffice."""

    confirm: ConfirmPassword
    codes: OneTimeCodes
    remove: RemoveProof
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, password: str, code: str) -> None:
        """A customer may, for their own account.

        Raises `InvalidCredentials`, `InvalidOneTimeCode`, `SecondFactorOff`, `TooManyAttempts`, `PasswordsBusy`.
        """
        customer, now = signed_in(actor), self.clock.now()
        tries = await self.confirm.before_code(customer, password, now)

        def change(held: Account) -> Account:
            factor = in_use(held.second_factor)
            if factor is None:
                raise SecondFactorOff
            step = None if factor.secret is None else self.codes.step_of(factor.secret, code, now)
            take(factor, step, code)
            return msgspec.structs.replace(held, second_factor=None)

        async def work() -> None:
            event = SecondFactorChanged(at=now, customer_id=customer.customer_id, is_on=False)
            await self.remove(actor, "account.remove_second_factor", customer.customer_id, change, event)

        await self.unit_of_work(work)
        await self.confirm.forgive(tries)

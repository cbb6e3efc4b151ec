"""Begin to protect an account by an authenticator."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.model import Account
from shopcore.identity.model.second_factor import begin
from shopcore.identity.ports import Accounts, OneTimeCodes
from shopcore.kernel.actor import STEP_UP, Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What the authenticator has to know; it is shown this once."""

    secret: str
    uri: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BeginSecondFactor:
    """Makes a secret; nothing asks for codes until one of it was confirmed.

    It takes somebody who has signed in lately: who finds a device open must not lock its owner out by theirs.
    """

    accounts: Accounts
    codes: OneTimeCodes
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> Enrolment:
        """A customer who has signed in lately may, for themselves. Raises `StepUpRequired`, `SecondFactorOn`."""
        customer, secret = signed_in(actor), self.codes.new_secret()
        require_recent(customer.sign_in, self.clock.now(), STEP_UP)

        def change(held: Account) -> Account:
            return msgspec.structs.replace(held, second_factor=begin(held.second_factor, secret))

        async def work() -> Account:
            return await self.accounts.update(customer.customer_id, change)

        account = await self.unit_of_work(work)
        return Enrolment(secret=secret, uri=self.codes.uri(secret, account.email))

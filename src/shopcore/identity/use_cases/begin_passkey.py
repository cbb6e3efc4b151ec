"""Begin to add a passkey to an account."""

from dataclasses import dataclass

from shopcore.identity.errors import TooManyPasskeys
from shopcore.identity.model.challenges import Ceremony
from shopcore.identity.model.passkeys import MOST, Registration, user_handle
from shopcore.identity.ports import Accounts
from shopcore.identity.steps import Ceremonies
from shopcore.kernel.actor import STEP_UP, Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class BeginPasskey:
    """Says what a browser needs to make one. Nothing is kept until it comes back."""

    accounts: Accounts
    ceremonies: Ceremonies
    clock: Clock

    async def __call__(self, actor: Actor) -> Registration:
        """A customer who has signed in lately may, for themselves. Raises `StepUpRequired`, `TooManyPasskeys`."""
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, STEP_UP)
        account = await self.accounts.get(customer.customer_id)
        if len(account.passkeys) >= MOST:
            raise TooManyPasskeys(MOST)
        return Registration(
            challenge=self.ceremonies.challenge(Ceremony.REGISTER, account.id, now),
            domain=self.ceremonies.passkeys.domain,
            user_handle=user_handle(account.id),
            user_name=account.email,
            display_name=account.name or account.email,
            exclude=account.passkeys,
        )

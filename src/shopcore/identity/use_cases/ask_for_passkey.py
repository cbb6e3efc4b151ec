"""Ask for a passkey, whoever has one."""

from dataclasses import dataclass

from shopcore.identity.model.challenges import Ceremony
from shopcore.identity.model.passkeys import Request
from shopcore.identity.steps import Ceremonies
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class AskForPasskey:
    """The same for everybody: it names no account and no passkey, so nobody learns by it who has one."""

    ceremonies: Ceremonies
    clock: Clock

    async def __call__(self, _actor: Actor, *, second_factor: bool = False) -> Request:
        """Anybody may. `second_factor`: it is to come along with a password."""
        ceremony = Ceremony.SECOND_FACTOR if second_factor else Ceremony.SIGN_IN
        return Request(
            challenge=self.ceremonies.challenge(ceremony, "", self.clock.now()),
            domain=self.ceremonies.passkeys.domain,
            user_verification=not second_factor,
        )

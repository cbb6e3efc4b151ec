"""Forget what was used up and has expired since."""

from dataclasses import dataclass

from shopcore.identity.ports import SpentTokens
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork

_AT_ONCE = 500  # a short transaction; what is left waits for the next one


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetSpentTokens:
    """By then they are refused for their age."""

    spent: SpentTokens
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `accounts:write`; answers how many that were."""
        permit(actor, "accounts:write")
        now, forgotten = self.clock.now(), 0
        while count := await self.unit_of_work(lambda: self.spent.forget(now, _AT_ONCE)):
            forgotten += count
        return forgotten

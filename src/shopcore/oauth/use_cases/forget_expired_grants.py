"""Forget codes and tokens whose time is long over."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.model.grants import KEPT
from shopcore.oauth.ports import Grants

_AT_ONCE = 500  # a short transaction; what is left waits for the next one


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetExpiredGrants:
    """A day late, so that a stolen code is still known for one."""

    grants: Grants
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `accounts:write`; answers how many that were."""
        permit(actor, "accounts:write")
        before, forgotten = self.clock.now() - KEPT, 0
        while count := await self.unit_of_work(lambda: self.grants.remove_expired(before, _AT_ONCE)):
            forgotten += count
        return forgotten

"""Forget keys that are older than they are promised to be kept."""

from dataclasses import dataclass

from shopcore.idempotency.model import RETENTION
from shopcore.idempotency.ports import Claims
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork

_AT_ONCE = 1_000  # keeps each transaction short


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetOldClaims:
    """Remove claims after 24 hours, with the replies they hold."""

    claims: Claims
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `claims:write`. Answers how many were forgotten."""
        permit(actor, "claims:write")
        before = self.clock.now() - RETENTION
        forgotten = 0
        while some := await self.unit_of_work(lambda: self.claims.remove_older(before, _AT_ONCE)):
            forgotten += some
        return forgotten

"""Forget carts that nobody came back to."""

from dataclasses import dataclass

from shopcore.cart.ports import Carts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork

_AT_ONCE = 500  # keeps each transaction short


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetExpiredCarts:
    """Remove carts whose time is over, with everything personal in them."""

    carts: Carts
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `carts:write`. Answers how many were forgotten."""
        permit(actor, "carts:write")
        now = self.clock.now()

        async def work() -> int:
            return len(await self.carts.remove_expired(now, _AT_ONCE))

        forgotten = 0
        while some := await self.unit_of_work(work):
            forgotten += some
        return forgotten

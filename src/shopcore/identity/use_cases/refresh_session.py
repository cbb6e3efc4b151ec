"""Change a refresh token for new tokens."""

from dataclasses import dataclass

from shopcore.identity.errors import TokenReused
from shopcore.identity.model import Session, Tokens
from shopcore.identity.steps import IssueTokens, RotateSession
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshSession:
    """Each token is good once; one that comes again later ends its session, for whoever has stolen it too."""

    rotate: RotateSession
    issue: IssueTokens
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, refresh_token: str) -> Tokens:
        """Whoever holds the token may; apps have another way. Raises `InvalidRefreshToken`, `TokenReused`."""
        now = self.clock.now()

        async def work() -> Session | None:
            return await self.rotate(refresh_token, "", now)

        session = await self.unit_of_work(work)
        if session is None:
            raise TokenReused
        return self.issue(session, now)

"""Change a refresh token for new tokens."""

from dataclasses import dataclass

from shopcore.identity.errors import InvalidRefreshToken, SessionNotFound, TokenReused
from shopcore.identity.events import RefreshTokenReused
from shopcore.identity.model import Session, Tokens
from shopcore.identity.model.sessions import Presented, present, read_refresh_token
from shopcore.identity.ports import Sessions
from shopcore.identity.steps import IssueTokens
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshSession:
    """Each token is good once; one that comes again later ends its session, for whoever has stolen it too."""

    sessions: Sessions
    issue: IssueTokens
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, refresh_token: str) -> Tokens:
        """Whoever holds the token may. Raises `InvalidRefreshToken`, `TokenReused`."""
        session_id, counter = read_refresh_token(self.issue.signer, refresh_token)
        now, presented = self.clock.now(), Presented.REUSED

        def show(held: Session) -> Session:
            nonlocal presented
            changed, presented = present(held, counter, now)
            return changed

        async def work() -> Session:
            session = await self.sessions.update(session_id, show)
            if presented is Presented.REUSED:
                reused = RefreshTokenReused(at=now, customer_id=session.customer_id, session_id=session.id)
                await self.events.publish(reused)
            return session

        try:
            session = await self.unit_of_work(work)
        except SessionNotFound:
            raise InvalidRefreshToken from None
        if presented is Presented.REUSED:
            raise TokenReused
        return self.issue(session, now)

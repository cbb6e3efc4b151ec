"""Change an app's refresh token for new tokens."""

from dataclasses import dataclass

from shopcore.delegation.model import ClientProof, Issued
from shopcore.delegation.steps import AdmitClient
from shopcore.identity.errors import InvalidRefreshToken
from shopcore.identity.model import Session
from shopcore.identity.steps import IssueTokens, RotateSession
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.errors import InvalidGrant
from shopcore.oauth.model.clients import require_kind, scopes_of


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshGrant:
    """The same families as those of customers in person: each token is good once, and one that comes again ends it."""

    admit_client: AdmitClient
    rotate: RotateSession
    issue: IssueTokens
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, _actor: Actor, *, client: ClientProof, refresh_token: str, scope: str | None = None
    ) -> Issued:
        """The client that the token was given to may. `scope` can make the access token narrower, and nothing wider.

        Raises `InvalidClient`, `UnauthorizedClient`, `InvalidGrant`, `InvalidScope`, `TooManyAttempts`.
        """
        now = self.clock.now()
        known = await self.admit_client(client, now)
        require_kind(known, for_people=True)

        async def work() -> tuple[Session, tuple[str, ...]] | None:
            session = await self.rotate(refresh_token, known.id, now)
            return None if session is None else (session, scopes_of(scope, session.scopes))

        try:
            refreshed = await self.unit_of_work(work)
        except InvalidRefreshToken:
            raise InvalidGrant from None
        if refreshed is None:
            raise InvalidGrant
        session, scopes = refreshed
        tokens = self.issue(session, now, scopes)
        return Issued(
            access_token=tokens.access_token,
            expires_in=tokens.expires_in,
            scopes=scopes,
            refresh_token=tokens.refresh_token,
        )

"""Take a token back."""

from dataclasses import dataclass

from shopcore.delegation.model import ClientProof
from shopcore.delegation.steps import AdmitClient
from shopcore.identity.errors import InvalidAccessToken, InvalidRefreshToken, SessionNotFound
from shopcore.identity.model import ClientClaims, Session
from shopcore.identity.model.sessions import end, read_refresh_token
from shopcore.identity.ports import Sessions
from shopcore.identity.steps import IssueTokens
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import SessionId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.errors import GrantNotFound, InvalidGrant
from shopcore.oauth.model.grants import end_token
from shopcore.oauth.ports import Grants


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeToken:
    """Either token of an app ends its whole session; that of an integration ends itself (RFC 7009).

    What is no token, or none any more, is as good as revoked.
    """

    admit_client: AdmitClient
    sessions: Sessions
    grants: Grants
    issue: IssueTokens
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, client: ClientProof, token: str) -> None:
        """The client that the token was given to may. Raises `InvalidClient`, `TooManyAttempts`; `InvalidGrant` for the
        token of another one.
        """
        now = self.clock.now()
        known = await self.admit_client(client, now)
        found = self._read(token)
        if found is None:
            return

        def end_session(held: Session) -> Session:
            if held.client_id != known.id:
                raise InvalidGrant
            return end(held, now)

        async def work() -> None:
            if isinstance(found, ClientClaims):
                await self.grants.update(found.grant_id, lambda held: end_token(held, known.id, now))
            else:
                await self.sessions.update(found, end_session)

        try:
            await self.unit_of_work(work)
        except (SessionNotFound, GrantNotFound):
            return

    def _read(self, token: str) -> ClientClaims | SessionId | None:
        """What to end; a hint at the kind of a token is no help where it can be told by itself (RFC 7009, 2.1)."""
        try:
            return read_refresh_token(self.issue.signer, token)[0]
        except InvalidRefreshToken:
            pass
        try:
            claims = self.issue.access_tokens.read(token)
        except InvalidAccessToken:
            return None
        return claims if isinstance(claims, ClientClaims) else claims.session_id

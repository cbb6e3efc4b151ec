"""The tokens of a session, and what comes of a refresh token that is shown."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.identity.errors import InvalidRefreshToken, SessionNotFound
from shopcore.identity.events import RefreshTokenReused
from shopcore.identity.model import Session, Tokens
from shopcore.identity.model.access import claims_of
from shopcore.identity.model.differences import Changed
from shopcore.identity.model.sessions import Presented, present, read_refresh_token, refresh_token
from shopcore.identity.ports import AccessTokens, Sessions
from shopcore.identity.steps.witness import Witness
from shopcore.kernel.actor import Customer
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueTokens:
    """The tokens of a session as it is."""

    access_tokens: AccessTokens
    signer: Signer

    def __call__(self, session: Session, now: datetime, scopes: tuple[str, ...] | None = None) -> Tokens:
        """An access token for the next minutes, and the refresh token of the session's counter.

        The access token can have fewer `scopes` than the session of an app.
        """
        claims = claims_of(session, now, scopes)
        return Tokens(
            access_token=self.access_tokens.issue(claims),
            refresh_token=refresh_token(self.signer, session.id, session.counter),
            expires_in=int((claims.expires_at - now).total_seconds()),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RotateSession:
    """Takes a refresh token, inside a unit of work. Each is good once, and for the client that it was given to."""

    sessions: Sessions
    signer: Signer
    witness: Witness

    async def __call__(self, refresh_token: str, client_id: str, now: datetime) -> Session | None:
        """The session with its next token; None where this one came a second time: then the session is ended.

        `client_id` is empty for what was given to no app. Raises `InvalidRefreshToken`; then nothing changed.
        """
        session_id, counter = read_refresh_token(self.signer, refresh_token)
        presented = Presented.REUSED

        def show(held: Session) -> Session:
            nonlocal presented
            if held.client_id != client_id:
                raise InvalidRefreshToken
            changed, presented = present(held, counter, now)
            return changed

        try:
            session = await self.sessions.update(session_id, show)
        except SessionNotFound:
            raise InvalidRefreshToken from None
        if presented is not Presented.REUSED:
            return session
        reused = RefreshTokenReused(at=now, customer_id=session.customer_id, session_id=session.id)
        owner, ended = Customer(customer_id=session.customer_id), Changed({}, {"ended": f"session:{session.id}"})
        await self.witness(owner, "account.token_reused", session.customer_id, reused, ended)
        return None

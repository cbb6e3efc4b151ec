"""Find out who comes with an access token."""

from dataclasses import dataclass

from shopcore.identity.errors import InvalidAccessToken, SessionNotFound
from shopcore.identity.model.access import require_current
from shopcore.identity.model.sessions import own
from shopcore.identity.ports import AccessTokens, Sessions
from shopcore.kernel.actor import Customer, Guest, SignIn
from shopcore.kernel.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Authenticate:
    """The session is looked up each time: who signs out, is out at once, on every server."""

    access_tokens: AccessTokens
    sessions: Sessions
    clock: Clock

    async def __call__(self, actor: Guest, *, token: str) -> Customer:
        """Anybody may try. Raises `InvalidAccessToken`."""
        now = self.clock.now()
        claims = require_current(self.access_tokens.read(token), now)
        try:
            session = own(await self.sessions.get(claims.session_id), claims.customer_id, now)
        except SessionNotFound:
            raise InvalidAccessToken from None
        came = SignIn(session_id=session.id, at=session.authenticated_at, methods=session.methods)
        return Customer(customer_id=session.customer_id, cart_token=actor.cart_token, sign_in=came)

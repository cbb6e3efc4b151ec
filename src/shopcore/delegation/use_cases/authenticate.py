"""Find out who comes with an access token."""

from dataclasses import dataclass

from shopcore.access.errors import MemberNotFound
from shopcore.access.steps import HeldNow
from shopcore.identity.errors import InvalidAccessToken, SessionNotFound
from shopcore.identity.model import AccessClaims, ClientClaims
from shopcore.identity.model.access import require_current
from shopcore.identity.model.sessions import own
from shopcore.identity.ports import AccessTokens, Sessions
from shopcore.kernel.actor import App, Customer, Guest, Integration, SignIn
from shopcore.kernel.clock import Clock
from shopcore.oauth.errors import ClientNotFound, GrantNotFound
from shopcore.oauth.model.clients import require_there
from shopcore.oauth.model.grants import is_good
from shopcore.oauth.ports import Clients, Grants


@dataclass(frozen=True, kw_only=True, slots=True)
class Authenticate:
    """What a token follows from is looked up each time: who signs out, or is removed, is out at once, on every server.

    A scope counts only as long as the token, the session and the client all have it, and for a client that acts for
    itself whoever answers for it.
    """

    access_tokens: AccessTokens
    sessions: Sessions
    clients: Clients
    grants: Grants
    held_now: HeldNow
    clock: Clock

    async def __call__(self, actor: Guest, *, token: str) -> Customer | Integration:
        """Anybody may try. Raises `InvalidAccessToken`."""
        claims = self.access_tokens.read(token)
        try:
            if isinstance(claims, ClientClaims):
                return await self._system(claims)
            return await self._customer(claims, actor.cart_token)
        except (SessionNotFound, ClientNotFound, GrantNotFound, MemberNotFound):
            raise InvalidAccessToken from None

    async def _customer(self, claims: AccessClaims, cart_token: str | None) -> Customer:
        now = self.clock.now()
        require_current(claims, now)
        session = own(await self.sessions.get(claims.session_id), claims.customer_id, now)
        if session.client_id != claims.client_id:
            raise InvalidAccessToken
        came = SignIn(session_id=session.id, at=session.authenticated_at, methods=session.methods)
        return Customer(
            customer_id=session.customer_id,
            cart_token=cart_token,
            sign_in=came,
            app=await self._app(session.client_id, {*claims.scopes} & {*session.scopes}),
        )

    async def _app(self, client_id: str, scopes: set[str]) -> App | None:
        if not client_id:
            return None
        client = require_there(await self.clients.get(client_id))
        return App(client_id=client_id, scopes=frozenset(scopes & {*client.scopes}))

    async def _system(self, claims: ClientClaims) -> Integration:
        now = self.clock.now()
        require_current(claims, now)
        client = require_there(await self.clients.get(claims.client_id))
        grant = await self.grants.get(claims.grant_id)
        if not is_good(grant, client.id, now):
            raise InvalidAccessToken
        scopes = frozenset({*claims.scopes} & {*grant.scopes} & {*client.scopes})
        return Integration(name=client.id, permissions=await self.held_now.cut(client.created_by, scopes))

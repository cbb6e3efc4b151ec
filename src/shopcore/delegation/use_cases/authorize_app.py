"""Let an app act for somebody, or ask them whether it may."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.delegation.model import Asked, SentBack, described
from shopcore.delegation.steps import CutScopes, GiveCode
from shopcore.kernel.actor import Actor, Customer, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Rejected, Unauthenticated
from shopcore.oauth.errors import AccessDenied, ClientNotFound, UnknownClient
from shopcore.oauth.model import AuthorizationRequest, Client
from shopcore.oauth.model.clients import require_kind, require_there, scopes_of
from shopcore.oauth.model.consents import covers, in_force
from shopcore.oauth.model.redirects import is_assured, with_query
from shopcore.oauth.model.requests import challenge_of, redirect_of
from shopcore.oauth.ports import Clients


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorizeApp:
    """Nobody is asked twice for the same thing, unless another program could pose as the client, or its codes can go to
    somebody else since.

    Nobody lends what they do not hold. `issuer` goes back with every answer, so that a client which uses several shops
    knows whose it is (RFC 9207).
    """

    clients: Clients
    cut_scopes: CutScopes
    give_code: GiveCode
    issuer: str
    clock: Clock

    async def __call__(
        self, actor: Actor, *, request: AuthorizationRequest, agreed: bool | None = None
    ) -> Asked | SentBack:
        """A customer may, in person; `agreed` is what they answer, None if they were not asked yet.

        Raises `NotForApps`; `UnknownClient`, `UnauthorizedClient` or `InvalidRequest` where the client or its address
        is not right: then nobody is sent anywhere. All else is told to the client, at its address.
        """
        customer, now = signed_in(actor), self.clock.now()
        client = await self._client(request.client_id)
        redirect = redirect_of(request, client)
        back = {"iss": self.issuer} | ({} if request.state is None else {"state": request.state})
        try:
            code = await self._code(customer, request, client, redirect, now, agreed=agreed)
        except (Rejected, AccessDenied) as error:
            back |= {"error": error.code, "error_description": error.detail}
        else:
            if isinstance(code, Asked):
                return code
            back |= {"code": code}
        return SentBack(location=with_query(redirect, back))

    async def _client(self, client_id: str) -> Client:
        try:
            client = require_there(await self.clients.get(client_id))
        except ClientNotFound:
            raise UnknownClient from None
        require_kind(client, for_people=True)
        return client

    async def _code(
        self,
        customer: Customer,
        request: AuthorizationRequest,
        client: Client,
        redirect: str,
        now: datetime,
        *,
        agreed: bool | None,
    ) -> Asked | str:
        challenge, wanted = challenge_of(request), scopes_of(request.scope, client.scopes)
        if agreed is False:
            raise AccessDenied
        if customer.sign_in is None:
            raise Unauthenticated("this needs a session, which the app's one is given from")
        scopes = await self.cut_scopes(customer, wanted)
        if agreed is None and not await self._is_settled(customer, client, redirect, scopes):
            return Asked(client_id=client.id, client_name=client.name, redirect_uri=redirect, scopes=described(scopes))
        return await self.give_code(customer, customer.sign_in, client, scopes, redirect, challenge, now)

    async def _is_settled(self, customer: Customer, client: Client, redirect: str, scopes: tuple[str, ...]) -> bool:
        if client.is_public and not is_assured(redirect):
            return False
        agreed = await self.give_code.consents.find(customer.customer_id, client.id)
        return covers(in_force(agreed, client), scopes, redirect)

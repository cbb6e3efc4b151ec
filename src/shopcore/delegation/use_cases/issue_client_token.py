"""Give an integration a token."""

from dataclasses import dataclass

from shopcore.delegation.model import ClientProof, Issued
from shopcore.delegation.steps import AdmitClient
from shopcore.identity.model import ClientClaims
from shopcore.identity.ports import AccessTokens
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.model import ClientGrant
from shopcore.oauth.model.clients import require_kind, scopes_of
from shopcore.oauth.model.grants import TOKEN_LIFETIME
from shopcore.oauth.ports import Grants


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueClientToken:
    """For a client that acts for itself, by its secret alone (RFC 6749, 4.4)."""

    admit_client: AdmitClient
    grants: Grants
    access_tokens: AccessTokens
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, _actor: Actor, *, client: ClientProof, scope: str | None = None) -> Issued:
        """The client may. Raises `InvalidClient`, `UnauthorizedClient`, `InvalidScope`, `TooManyAttempts`."""
        now = self.clock.now()
        known = await self.admit_client(client, now)
        require_kind(known, for_people=False)
        scopes = scopes_of(scope, known.scopes)
        grant = ClientGrant(
            id=self.ids.new(), client_id=known.id, scopes=scopes, created_at=now, expires_at=now + TOKEN_LIFETIME
        )
        await self.unit_of_work(lambda: self.grants.add(grant))
        claims = ClientClaims(
            client_id=known.id, grant_id=grant.id, issued_at=now, expires_at=grant.expires_at, scopes=scopes
        )
        seconds = int(TOKEN_LIFETIME.total_seconds())
        return Issued(access_token=self.access_tokens.issue(claims), expires_in=seconds, scopes=scopes)

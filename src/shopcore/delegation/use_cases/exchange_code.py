"""Change a code for the tokens of a session."""

from dataclasses import dataclass

from shopcore.delegation.model import ClientProof, Issued
from shopcore.delegation.steps import AdmitClient, LendSession
from shopcore.identity.errors import AccountLocked, AccountNotFound, EmailNotVerified, SessionNotFound
from shopcore.identity.model import Session
from shopcore.identity.steps import IssueTokens
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids, SessionId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.errors import GrantNotFound, InvalidGrant
from shopcore.oauth.model import CodeGrant, Grant
from shopcore.oauth.model.clients import require_kind
from shopcore.oauth.model.grants import Proof, Shown, read_code, take
from shopcore.oauth.ports import Grants


@dataclass(frozen=True, kw_only=True, slots=True)
class ExchangeCode:
    """A code is good once; used twice, somebody has stolen it, and what it gave is ended for both (RFC 6749, 4.1.2).

    The session that it was given from has to live still: who signs out, or changes the password, takes it back.
    """

    admit_client: AdmitClient
    grants: Grants
    lend: LendSession
    issue: IssueTokens
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(
        self, _actor: Actor, *, client: ClientProof, code: str, verifier: str, redirect_uri: str | None = None
    ) -> Issued:
        """The client may. Raises `InvalidClient`, `UnauthorizedClient`, `InvalidGrant`, `TooManyAttempts`."""
        now = self.clock.now()
        known = await self.admit_client(client, now)
        require_kind(known, for_people=True)
        grant_id, new_id = read_code(self.issue.signer, code), SessionId(self.ids.new())
        proof = Proof(client_id=known.id, verifier=verifier, redirect_uri=redirect_uri)

        async def work() -> Session | None:
            shown = Shown.REUSED

            def show(held: Grant) -> Grant:
                nonlocal shown
                changed, shown = take(held, proof, new_id, now)
                return changed

            grant = await self.grants.update(grant_id, show)
            assert isinstance(grant, CodeGrant), "nothing else can be taken"
            if shown is Shown.REUSED:
                await self.lend.take_back(grant, now)
                return None
            return await self.lend(grant, known, now)

        try:
            session = await self.unit_of_work(work)
        except (GrantNotFound, SessionNotFound, AccountNotFound, AccountLocked, EmailNotVerified):
            raise InvalidGrant from None
        if session is None:
            raise InvalidGrant
        tokens = self.issue(session, now)
        return Issued(
            access_token=tokens.access_token,
            expires_in=tokens.expires_in,
            scopes=session.scopes,
            refresh_token=tokens.refresh_token,
        )

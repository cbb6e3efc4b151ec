"""Change a code for the tokens of a session."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.delegation.model import ClientProof, Issued
from shopcore.delegation.steps import AdmitClient
from shopcore.identity.errors import AccountLocked, AccountNotFound, EmailNotVerified, SessionNotFound
from shopcore.identity.events import AppCodeReused
from shopcore.identity.model import Session
from shopcore.identity.model.accounts import admit
from shopcore.identity.model.sessions import MOST, end, lend_session, own
from shopcore.identity.ports import Accounts, Sessions
from shopcore.identity.steps import IssueTokens, Witness
from shopcore.kernel.actor import Actor, App, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids, SessionId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.errors import GrantNotFound, InvalidGrant
from shopcore.oauth.model import Client, CodeGrant, Grant
from shopcore.oauth.model.clients import require_kind
from shopcore.oauth.model.consents import covers, in_force
from shopcore.oauth.model.grants import Proof, Shown, read_code, take
from shopcore.oauth.ports import Consents, Grants


@dataclass(frozen=True, kw_only=True, slots=True)
class ExchangeCode:
    """A code is good once; used twice, somebody has stolen it, and what it gave is ended for both (RFC 6749, 4.1.2).

    The session that it was given from has to live still: who signs out, or changes the password, takes it back.
    """

    admit_client: AdmitClient
    grants: Grants
    consents: Consents
    accounts: Accounts
    sessions: Sessions
    issue: IssueTokens
    witness: Witness
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
                await self._end(grant, now)
                return None
            return await self._lend(grant, known, now)

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

    async def _lend(self, grant: CodeGrant, client: Client, now: datetime) -> Session:
        lender = own(await self.sessions.get(grant.lender_id), grant.customer_id, now)
        admit(await self.accounts.get(grant.customer_id))
        agreed = in_force(await self.consents.find(grant.customer_id, client.id), client)
        if not covers(agreed, grant.scopes):
            raise InvalidGrant  # it was withdrawn since, or the client is another's
        assert grant.session_id is not None, "it was taken for this session"
        session = lend_session(grant.session_id, lender, client.id, client.name, grant.scopes, now)
        await self.sessions.add(session)
        await self.sessions.end_oldest(grant.customer_id, MOST, now)
        await self._record(grant, "account.sign_in_app", {"session": session.id, "scopes": " ".join(grant.scopes)})
        return session

    async def _end(self, grant: CodeGrant, now: datetime) -> None:
        assert grant.session_id is not None, "it was used before"
        session = await self.sessions.get(grant.session_id)
        if session.ended_at is not None:
            return  # it was told of before
        await self.sessions.update(session.id, lambda held: end(held, now))
        await self.witness.events.publish(AppCodeReused(at=now, customer_id=grant.customer_id, session_id=session.id))
        await self._record(grant, "account.code_reused", {"session": session.id})

    async def _record(self, grant: CodeGrant, action: str, what: dict[str, str]) -> None:
        app = App(client_id=grant.client_id, scopes=frozenset(grant.scopes))
        actor = Customer(customer_id=grant.customer_id, app=app)
        await self.witness.audit.record(actor, action, grant.customer_id, before={}, after=what)

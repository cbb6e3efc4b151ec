"""Steps that acts of clients share: who a client is, and what a person gives it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec

from shopcore.access.errors import MemberNotFound
from shopcore.access.model.roles import permissions_of
from shopcore.access.ports import Members, Roles
from shopcore.delegation.model import FOR_CLIENTS, ClientProof
from shopcore.identity.errors import TooManyAttempts
from shopcore.identity.events import AppCodeReused
from shopcore.identity.model import Session
from shopcore.identity.model.accounts import admit
from shopcore.identity.model.sessions import MOST, end, lend_session, own
from shopcore.identity.ports import Accounts, Attempts, Sessions
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import EVERYTHING, App, Customer, SignIn
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import CustomerId, Ids
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.errors import ClientNotFound, InvalidClient, InvalidGrant, InvalidScope
from shopcore.oauth.model import Client, CodeGrant
from shopcore.oauth.model.clients import require_secret, require_there
from shopcore.oauth.model.consents import covers, in_force, widened
from shopcore.oauth.model.grants import CODE_LIFETIME, code_of
from shopcore.oauth.model.redirects import place_of
from shopcore.oauth.ports import Clients, Consents, Grants

_ASKS, _ASKS_SECONDS = 600, 60.0
_FAILS, _FAILS_SECONDS = 10, 900.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmitClient:
    """The client that somebody is. So many requests of one client from one network, and fewer with a false secret.

    No bound counts a client over all networks: nobody can keep it out from elsewhere.
    """

    clients: Clients
    attempts: Attempts

    async def __call__(self, proof: ClientProof, now: datetime) -> Client:
        """Raises `InvalidClient` or `TooManyAttempts`."""
        name = f"{proof.client_id[:64]}/{proof.network}"
        await self._count(f"oauth/{name}", _ASKS, _ASKS_SECONDS, now)
        try:
            client = require_there(await self.clients.get(proof.client_id))
            require_secret(client, proof.secret)
        except ClientNotFound:
            raise InvalidClient from None
        except InvalidClient:
            await self._count(f"oauth-secret/{name}", _FAILS, _FAILS_SECONDS, now)
            raise
        return client

    async def _count(self, key: str, limit: int, seconds: float, now: datetime) -> None:
        verdict = await self.attempts.hit(key, limit, seconds, now)
        if not verdict.allowed:
            raise TooManyAttempts(verdict.reset_seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class CutScopes:
    """Leaves of what an app asks for what the person can let it have: what is their own, and permissions they hold now.

    Else an app that a customer once let have everything would have it on the day that they are made staff.
    """

    roles: Roles
    members: Members

    async def __call__(self, customer: Customer, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Raises `InvalidScope` where nothing is left."""
        if not FOR_CLIENTS.keys() & {*scopes}:
            return scopes
        held = await self._held(customer)
        cut = tuple(scope for scope in scopes if scope not in FOR_CLIENTS or {scope, EVERYTHING} & held)
        if not cut:
            raise InvalidScope
        return cut

    async def _held(self, customer: Customer) -> frozenset[str]:
        try:
            member = await self.members.get(customer.customer_id)
        except MemberNotFound:
            return frozenset()
        return permissions_of(member.roles, await self.roles.everything())


@dataclass(frozen=True, kw_only=True, slots=True)
class LendSession:
    """Gives an app the session that a code is good for, inside a unit of work, and takes it back.

    It is one of the customer's: beyond `MOST` those end that were not used for longest, and the log has how many.
    """

    consents: Consents
    accounts: Accounts
    sessions: Sessions
    witness: Witness

    async def __call__(self, grant: CodeGrant, client: Client, now: datetime) -> Session:
        """Raises `InvalidGrant`, `SessionNotFound`, `AccountNotFound`, `AccountLocked`, `EmailNotVerified`."""
        lender = own(await self.sessions.get(grant.lender_id), grant.customer_id, now)
        admit(await self.accounts.get(grant.customer_id))
        agreed = in_force(await self.consents.find(grant.customer_id, client.id), client)
        if not covers(agreed, grant.scopes, grant.redirect_uri):
            raise InvalidGrant  # it was withdrawn since, or the client is another's
        assert grant.session_id is not None, "it was taken for this session"
        session = lend_session(grant.session_id, lender, client.id, client.name, grant.scopes, now)
        await self.sessions.add(session)
        how = {"session": session.id, "scopes": " ".join(grant.scopes)}
        if ended := await self.sessions.end_longest_unused(grant.customer_id, MOST, now):
            how["sessions_ended"] = str(ended)
        await self._record(grant, "account.sign_in_app", how)
        return session

    async def take_back(self, grant: CodeGrant, now: datetime) -> None:
        """The code came a second time: the session ends, and the customer is told, once."""
        assert grant.session_id is not None, "it was used before"
        session = await self.sessions.get(grant.session_id)
        if session.ended_at is not None:
            return
        await self.sessions.update(session.id, lambda held: end(held, now))
        await self.witness.events.publish(AppCodeReused(at=now, customer_id=grant.customer_id, session_id=session.id))
        await self._record(grant, "account.code_reused", {"session": session.id})

    async def _record(self, grant: CodeGrant, action: str, what: dict[str, str]) -> None:
        app = App(client_id=grant.client_id, scopes=frozenset(grant.scopes))
        actor = Customer(customer_id=grant.customer_id, app=app)
        await self.witness.audit.record(actor, action, grant.customer_id, before={}, after=what)


@dataclass(frozen=True, kw_only=True, slots=True)
class NarrowLendings:
    """The port `access.ports.Lendings` over what is agreed to and over the sessions that apps have from it."""

    consents: Consents
    sessions: Sessions

    async def keep_only(self, customer_id: CustomerId, permissions: frozenset[str]) -> None:
        """See the port."""
        if EVERYTHING in permissions:
            return
        lost = FOR_CLIENTS.keys() - permissions
        for consent in await self.consents.of_customer(customer_id):
            if lost & {*consent.scopes}:
                await self.consents.put(msgspec.structs.replace(consent, scopes=_without(lost, consent.scopes)))
        for session in await self.sessions.of_customer(customer_id):
            if lost & {*session.scopes}:
                await self.sessions.update(session.id, partial(_narrowed, lost))


def _narrowed(lost: Collection[str], session: Session) -> Session:
    return msgspec.structs.replace(session, scopes=_without(lost, session.scopes))


def _without(lost: Collection[str], scopes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(scope for scope in scopes if scope not in lost)


@dataclass(frozen=True, kw_only=True, slots=True)
class GiveCode:
    """Writes down what a person lets a client do, and gives the client a code for it."""

    grants: Grants
    consents: Consents
    audit: Audit
    signer: Signer
    unit_of_work: UnitOfWork
    ids: Ids

    async def __call__(
        self,
        customer: Customer,
        lender: SignIn,
        client: Client,
        scopes: tuple[str, ...],
        redirect_uri: str,
        challenge: str,
        now: datetime,
    ) -> str:
        """The code. What the customer agreed to is remembered, and in the log where it is more than before."""
        grant = CodeGrant(
            id=self.ids.new(),
            client_id=client.id,
            customer_id=customer.customer_id,
            lender_id=lender.session_id,
            scopes=scopes,
            redirect_uri=redirect_uri,
            challenge=challenge,
            created_at=now,
            expires_at=now + CODE_LIFETIME,
        )

        async def work() -> None:
            before = in_force(await self.consents.find(customer.customer_id, client.id), client)
            if not covers(before, scopes, redirect_uri):
                agreed = widened(before, customer.customer_id, client.id, scopes, now, client.edition, redirect_uri)
                await self.consents.put(agreed)
                await self.audit.record(
                    customer,
                    "app.agree",
                    f"oauth_client:{client.id}",
                    before={"scopes": " ".join(before.scopes if before else ())},
                    after={"scopes": " ".join(scopes), "place": place_of(redirect_uri)},
                )
            await self.grants.add(grant)

        await self.unit_of_work(work)
        return code_of(self.signer, grant.id)

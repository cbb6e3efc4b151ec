"""The use cases of apps and integrations, built by a typed function."""

from shopcore.access.steps import HeldNow
from shopcore.container.account_cases import OAuthCases
from shopcore.container.build_accounts import Steps
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.delegation.steps import AdmitClient, CutScopes, GiveCode, LendSession
from shopcore.delegation.use_cases.add_client import AddClient
from shopcore.delegation.use_cases.authenticate import Authenticate
from shopcore.delegation.use_cases.authorize_app import AuthorizeApp
from shopcore.delegation.use_cases.change_redirects import ChangeRedirects
from shopcore.delegation.use_cases.exchange_code import ExchangeCode
from shopcore.delegation.use_cases.issue_client_token import IssueClientToken
from shopcore.delegation.use_cases.list_apps import ListApps
from shopcore.delegation.use_cases.refresh_grant import RefreshGrant
from shopcore.delegation.use_cases.renew_secret import RenewSecret
from shopcore.delegation.use_cases.revoke_token import RevokeToken
from shopcore.delegation.use_cases.withdraw_app import WithdrawApp
from shopcore.oauth.use_cases.list_clients import ListClients
from shopcore.oauth.use_cases.remove_client import RemoveClient


def oauth(store: Store, world: World, parts: Parts, shared: Steps) -> OAuthCases:
    """Apps and integrations."""
    clients, unit_of_work, audit, ids, clock = store.clients, store.unit_of_work, parts.audit, world.ids, world.clock
    admit = AdmitClient(clients=clients, attempts=world.limiter)
    return OAuthCases(
        authenticate=Authenticate(
            access_tokens=world.access_tokens,
            sessions=store.sessions,
            clients=clients,
            grants=store.grants,
            held_now=HeldNow(roles=store.roles, members=store.members),
            clock=clock,
        ),
        authorize=AuthorizeApp(
            clients=clients,
            cut_scopes=CutScopes(roles=store.roles, members=store.members),
            give_code=_give_code(store, world, parts),
            issuer=parts.app_url,
            clock=clock,
        ),
        exchange_code=_exchange_code(store, world, shared, admit),
        refresh=RefreshGrant(
            admit_client=admit, rotate=shared.rotate, issue=shared.issue, unit_of_work=unit_of_work, clock=clock
        ),
        issue_client_token=IssueClientToken(
            admit_client=admit,
            grants=store.grants,
            access_tokens=world.access_tokens,
            unit_of_work=unit_of_work,
            ids=ids,
            clock=clock,
        ),
        revoke=RevokeToken(
            admit_client=admit,
            sessions=store.sessions,
            grants=store.grants,
            issue=shared.issue,
            unit_of_work=unit_of_work,
            clock=clock,
        ),
        list_apps=ListApps(clients=clients, consents=store.consents),
        withdraw_app=WithdrawApp(
            consents=store.consents, sessions=store.sessions, audit=audit, unit_of_work=unit_of_work, clock=clock
        ),
        add_client=AddClient(clients=clients, audit=audit, unit_of_work=unit_of_work, ids=ids, clock=clock),
        list_clients=ListClients(clients=clients, signer=world.signer),
        remove_client=RemoveClient(clients=clients, audit=audit, unit_of_work=unit_of_work, clock=clock),
        renew_secret=RenewSecret(clients=clients, audit=audit, unit_of_work=unit_of_work, ids=ids, clock=clock),
        change_redirects=ChangeRedirects(clients=clients, audit=audit, unit_of_work=unit_of_work, clock=clock),
    )


def _give_code(store: Store, world: World, parts: Parts) -> GiveCode:
    return GiveCode(
        grants=store.grants,
        consents=store.consents,
        audit=parts.audit,
        signer=world.signer,
        unit_of_work=store.unit_of_work,
        ids=world.ids,
    )


def _exchange_code(store: Store, world: World, shared: Steps, admit: AdmitClient) -> ExchangeCode:
    return ExchangeCode(
        admit_client=admit,
        grants=store.grants,
        lend=LendSession(
            consents=store.consents, accounts=store.accounts, sessions=store.sessions, witness=shared.witness
        ),
        issue=shared.issue,
        unit_of_work=store.unit_of_work,
        ids=world.ids,
        clock=world.clock,
    )

"""The use cases of who may do what, built by a typed function."""

from shopcore.access.steps import EndKeys, GiveRoles, HeldNow
from shopcore.access.use_cases.admit_integration import AdmitIntegration
from shopcore.access.use_cases.admit_staff import AdmitStaff
from shopcore.access.use_cases.change_member import ChangeMember
from shopcore.access.use_cases.create_api_key import CreateApiKey
from shopcore.access.use_cases.list_api_keys import ListApiKeys
from shopcore.access.use_cases.list_members import ListMembers
from shopcore.access.use_cases.list_roles import ListRoles
from shopcore.access.use_cases.put_role import PutRole
from shopcore.access.use_cases.remove_role import RemoveRole
from shopcore.access.use_cases.revoke_api_key import RevokeApiKey
from shopcore.administration.use_cases.add_colleague import AddColleague
from shopcore.administration.use_cases.find_person import FindPerson
from shopcore.administration.use_cases.lift_second_factor import LiftSecondFactor
from shopcore.administration.use_cases.list_colleagues import ListColleagues
from shopcore.administration.use_cases.list_people import ListPeople
from shopcore.administration.use_cases.lock_person import LockPerson
from shopcore.administration.use_cases.remove_colleague import RemoveColleague
from shopcore.administration.use_cases.vouch_for_colleague import VouchForColleague
from shopcore.container.account_cases import PeopleCases
from shopcore.container.cases import AccessCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.delegation.steps import NarrowLendings
from shopcore.identity.steps import Witness
from shopcore.oauth.steps import EndClients


def give_roles(store: Store, world: World, parts: Parts) -> GiveRoles:
    """What hiring and promoting share."""
    return GiveRoles(
        roles=store.roles,
        members=store.members,
        lendings=NarrowLendings(consents=store.consents, sessions=store.sessions),
        audit=parts.audit,
        clock=world.clock,
    )


def end_keys(store: Store, world: World, parts: Parts) -> EndKeys:
    """What becomes of the keys of who leaves."""
    return EndKeys(api_keys=store.api_keys, audit=parts.audit, clock=world.clock)


def end_clients(store: Store, world: World, parts: Parts) -> EndClients:
    """What becomes of the integrations of who leaves."""
    return EndClients(clients=store.clients, audit=parts.audit, clock=world.clock)


def people(store: Store, world: World, parts: Parts) -> PeopleCases:
    """Customers and colleagues."""
    accounts, emails = store.accounts, world.emails
    witness = Witness(accounts=accounts, events=parts.events, audit=parts.audit)
    return PeopleCases(
        list=ListPeople(accounts=accounts, signer=world.signer),
        find=FindPerson(accounts=accounts, emails=emails),
        lock=LockPerson(
            accounts=accounts,
            sessions=store.sessions,
            members=store.members,
            witness=witness,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        lift_second_factor=LiftSecondFactor(
            sessions=store.sessions,
            roles=store.roles,
            members=store.members,
            witness=witness,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        vouch_for_colleague=VouchForColleague(
            roles=store.roles,
            members=store.members,
            witness=witness,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        list_colleagues=ListColleagues(members=store.members, accounts=accounts, signer=world.signer),
        remove_colleague=RemoveColleague(
            roles=store.roles,
            members=store.members,
            end_keys=end_keys(store, world, parts),
            end_clients=end_clients(store, world, parts),
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        add_colleague=AddColleague(
            accounts=accounts,
            emails=emails,
            give_roles=give_roles(store, world, parts),
            unit_of_work=store.unit_of_work,
        ),
    )


def access(store: Store, world: World, parts: Parts) -> AccessCases:
    """Roles, members of staff, API keys."""
    unit_of_work, audit, clock = store.unit_of_work, parts.audit, world.clock
    return AccessCases(
        list_roles=ListRoles(roles=store.roles, signer=world.signer),
        put_role=PutRole(roles=store.roles, audit=audit, unit_of_work=unit_of_work, clock=clock),
        remove_role=RemoveRole(roles=store.roles, members=store.members, audit=audit, unit_of_work=unit_of_work),
        list_members=ListMembers(members=store.members, signer=world.signer),
        change_member=ChangeMember(
            members=store.members, give_roles=give_roles(store, world, parts), unit_of_work=unit_of_work
        ),
        list_api_keys=ListApiKeys(api_keys=store.api_keys, signer=world.signer),
        create_api_key=CreateApiKey(
            api_keys=store.api_keys, audit=audit, unit_of_work=unit_of_work, ids=world.ids, clock=clock
        ),
        revoke_api_key=RevokeApiKey(api_keys=store.api_keys, audit=audit, unit_of_work=unit_of_work, clock=clock),
        admit_integration=AdmitIntegration(
            api_keys=store.api_keys,
            held_now=HeldNow(roles=store.roles, members=store.members),
            unit_of_work=unit_of_work,
            clock=clock,
        ),
        admit_staff=AdmitStaff(roles=store.roles, members=store.members, needs_second_factor=parts.needs_second_factor),
    )

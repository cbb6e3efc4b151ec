"""The staff: who works for the shop, and in which roles."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import Answer, json_answer, no_content
from shop_http.idempotency import REPLAYED
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked, staff_list
from shop_http.routes.cart import KEY_HEADER
from shop_http.visit import Visit
from shopcore.administration.model import Colleague
from shopcore.kernel.ids import CustomerId
from shopcore.oauth.model import Client

RoleNames = Annotated[tuple[Annotated[str, Meta(max_length=40)], ...], Meta(min_length=1, max_length=20)]


class ProofShown(msgspec.Struct, frozen=True, kw_only=True):
    """Something to sign in with beside the password. `kind` is `authenticator`, `passkeys` or `passkey`."""

    id: str
    kind: Annotated[str, Meta(description="`passkeys`: one is asked for beside the password, or a recovery code.")]
    since: datetime
    is_vouched_for: bool


class ColleagueShown(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff. `email` and `name` are null once their account is gone."""

    id: str
    email: str | None
    name: str | None
    roles: tuple[str, ...]
    added_at: datetime
    added_by: str
    has_second_factor: Annotated[bool, Meta(description="Whether their password alone does not let them in.")]
    is_vouched_for: Annotated[bool, Meta(description="Whether a second factor or passkey is known to be theirs.")]
    proofs: Annotated[tuple[ProofShown, ...], Meta(description="All that they have set up.")]


class StaffPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the staff, and where the next ones start."""

    items: tuple[ColleagueShown, ...]
    next_cursor: str | None


class NewColleague(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer, by their e-mail address, and what they are to be."""

    email: str
    roles: RoleNames


class RolesOnly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody is to be from now on."""

    roles: RoleNames


class ProofsMeant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `id`s of the `proofs` that somebody says are their own."""

    proofs: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(min_length=1, max_length=50)]


class LeavingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`take_over`: what they made for other systems stays good as far as they might do it themselves, and whoever
    asks answers for it from now on. `end_apps`: the apps of their making that act for people end too.
    """

    take_over: bool = False
    end_apps: bool = False


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, an integration or an app."""

    id: str
    name: str
    is_good: Annotated[bool, Meta(description="Whether it was taken over, or stays; else it has ended.")]


class LeftBehindShown(msgspec.Struct, frozen=True, kw_only=True):
    """The keys and integrations of somebody who has left have ended, or were taken over. Their `apps`, which act for
    people, stay, unless `end_apps` was sent: they may know the secret, and get the codes.
    """

    api_keys: tuple[Named, ...]
    oauth_clients: tuple[Named, ...]
    apps: tuple[Named, ...]


@get("/admin/staff", opt=staff_list(StaffPage, "staff:read"))
async def list_staff(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show who works for the shop, the longest-serving first."""
    query = visit.query(ListQuery)
    page = await visit.view.people.list_colleagues(limit=query.limit, cursor=query.cursor)
    shown = StaffPage(items=tuple(map(_shown, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


@post(
    "/admin/staff",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={201: ColleagueShown},
            body=NewColleague,
            example={"email": "grace@example.com", "roles": ["support"]},
            headers=(KEY_HEADER,),
            permission="staff:write",
            refuses=(404, 409),
            answer_headers=(REPLAYED,),
        )
    },
)
async def add_staff(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Make a customer a member of staff: one who has verified the e-mail address."""

    async def act() -> Answer:
        wanted = await visit.json(NewColleague)
        added = await visit.view.people.add_colleague(email=wanted.email, roles=wanted.roles)
        return json_answer(_shown(added), status=201)

    return await visit.once(act)


@put(
    "/admin/staff/{customer_id:str}",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={204: None},
            body=RolesOnly,
            example={"roles": ["support", "editor"]},
            permission="staff:write",
            refuses=(404, 409),
        )
    },
)
async def change_staff(visit: NamedDependency[Visit], customer_id: FromPath[str]) -> ASGIResponse:
    """Give a member of staff other roles; they hold from their next request on."""
    wanted = await visit.json(RolesOnly)
    await visit.view.access.change_member(customer_id=CustomerId(customer_id), roles=wanted.roles)
    return no_content().to_asgi()


@delete(
    "/admin/staff/{customer_id:str}",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: LeftBehindShown},
            query=LeavingQuery,
            permission="staff:write",
            refuses=(404, 409),
        )
    },
)
async def remove_staff(visit: NamedDependency[Visit], customer_id: FromPath[str]) -> ASGIResponse:
    """Let a member of staff go; they stay a customer. What they made for other systems ends, or is taken over."""
    said = visit.query(LeavingQuery)
    left = await visit.view.people.remove_colleague(
        customer_id=CustomerId(customer_id), take_over=said.take_over, end_apps=said.end_apps
    )
    shown = LeftBehindShown(
        api_keys=tuple(Named(id=key.id, name=key.name, is_good=key.revoked_at is None) for key in left.api_keys),
        oauth_clients=tuple(map(_named, left.oauth_clients)),
        apps=tuple(map(_named, left.apps)),
    )
    return json_answer(shown).to_asgi()


def _named(client: Client) -> Named:
    return Named(id=client.id, name=client.name, is_good=client.removed_at is None)


@post(
    "/admin/staff/{customer_id:str}/vouch",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={204: None},
            body=ProofsMeant,
            example={"proofs": ["factor/2026-01-01T12:00:00+00:00"]},
            permission="staff:write",
            refuses=(404, 409),
        )
    },
)
async def vouch_for_staff(visit: NamedDependency[Visit], customer_id: FromPath[str]) -> ASGIResponse:
    """Say that these, and all that a colleague has set up, are theirs: they count at their next sign-in."""
    meant = (await visit.json(ProofsMeant)).proofs
    await visit.view.people.vouch_for_colleague(customer_id=CustomerId(customer_id), proofs=meant)
    return no_content().to_asgi()


def _shown(colleague: Colleague) -> ColleagueShown:
    return ColleagueShown(
        id=colleague.id,
        email=colleague.email,
        name=colleague.name,
        roles=colleague.roles,
        added_at=colleague.added_at,
        added_by=colleague.added_by,
        has_second_factor=colleague.has_second_factor,
        is_vouched_for=colleague.is_vouched_for,
        proofs=tuple(
            ProofShown(id=each.name, kind=each.kind, since=each.since, is_vouched_for=each.is_vouched_for)
            for each in colleague.proofs
        ),
    )


ROUTES = (list_staff, add_staff, change_staff, remove_staff, vouch_for_staff)

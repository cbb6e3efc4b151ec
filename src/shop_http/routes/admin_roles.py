"""Roles: what those who have them may do."""

from typing import Annotated

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import PRIVATE, Answer, json_answer
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked, staff_list
from shop_http.visit import Visit
from shopcore.access.model import BUILT_IN, PERMISSIONS, Role

MOST_PERMISSIONS = 100
Permissions = Annotated[tuple[Annotated[str, Meta(max_length=40)], ...], Meta(max_length=MOST_PERMISSIONS)]


class RoleShown(msgspec.Struct, frozen=True, kw_only=True):
    """A role. One that is built in cannot be changed; `*` stands for every permission."""

    name: str
    description: str
    permissions: tuple[str, ...]
    built_in: bool


class RolePage(msgspec.Struct, frozen=True, kw_only=True):
    """Some roles, where the next ones start, and what every permission allows."""

    items: tuple[RoleShown, ...]
    next_cursor: str | None
    permissions: dict[str, str]


class RoleContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a role is to be."""

    permissions: Permissions
    description: Annotated[str, Meta(max_length=200)] = ""


@get("/admin/roles", opt=staff_list(RolePage, "roles:read"))
async def list_roles(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the roles, and what every permission allows."""
    query = visit.query(ListQuery)
    page = await visit.view.access.list_roles(limit=query.limit, cursor=query.cursor)
    shown = RolePage(items=tuple(map(_shown, page.items)), next_cursor=page.next_cursor, permissions=dict(PERMISSIONS))
    return linked(visit, json_answer(shown), page.next_cursor)


@put(
    "/admin/roles/{name:str}",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: RoleShown},
            body=RoleContent,
            example={"permissions": ["orders:read", "orders:write"], "description": "Packs in the second warehouse"},
            permission="roles:write",
            refuses=(409,),
        )
    },
)
async def put_role(visit: NamedDependency[Visit], name: FromPath[str]) -> ASGIResponse:
    """Make a role, or change one; it holds for those who have it from their next request on."""
    content = await visit.json(RoleContent)
    role = await visit.view.access.put_role(name=name, description=content.description, permissions=content.permissions)
    return json_answer(_shown(role)).to_asgi()


@delete(
    "/admin/roles/{name:str}",
    status_code=200,  # of the route; the answer has its own
    opt={OPERATION: Operation(tag="admin", answers={204: None}, permission="roles:write", refuses=(404, 409))},
)
async def remove_role(visit: NamedDependency[Visit], name: FromPath[str]) -> ASGIResponse:
    """Remove a role that nobody has."""
    await visit.view.access.remove_role(name=name)
    return Answer(status=204, headers={"cache-control": PRIVATE}).to_asgi()


def _shown(role: Role) -> RoleShown:
    return RoleShown(
        name=role.name,
        description=role.description,
        permissions=role.permissions,
        built_in=role.name in BUILT_IN,
    )

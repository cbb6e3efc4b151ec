"""API keys: what other systems show instead of a person."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import PRIVATE, Answer, json_answer
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked, staff_list
from shop_http.routes.admin_roles import Permissions
from shop_http.visit import Visit
from shopcore.access.model import ApiKey


class ApiKeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """An API key without its secret, of which `ending` shows the end. `used_at` is at most an hour old."""

    id: str
    name: str
    permissions: tuple[str, ...]
    ending: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class ApiKeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some keys, and where the next ones start."""

    items: tuple[ApiKeyShown, ...]
    next_cursor: str | None


class ApiKeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was just made. `secret` is shown this once."""

    api_key: ApiKeyShown
    secret: str


class NewApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a key is to be good for; for ever, unless it says otherwise."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    permissions: Permissions
    expires_in_days: Annotated[int, Meta(ge=1, le=3650)] | None = None


@get("/admin/api-keys", opt=staff_list(ApiKeyPage, "api_keys:read"))
async def list_api_keys(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the keys, oldest first, revoked ones too."""
    query = visit.query(ListQuery)
    page = await visit.view.access.list_api_keys(limit=query.limit, cursor=query.cursor)
    shown = ApiKeyPage(items=tuple(map(_shown, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


@post(
    "/admin/api-keys",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={201: ApiKeyMade},
            body=NewApiKey,
            example={"name": "Warehouse", "permissions": ["inventory:read", "inventory:write"], "expires_in_days": 365},
            permission="api_keys:write",
        )
    },
)
async def create_api_key(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Make a key, with some of one's own permissions. Its secret is shown this once."""
    wanted = await visit.json(NewApiKey)
    key, secret = await visit.view.access.create_api_key(
        name=wanted.name, permissions=wanted.permissions, expires_in_days=wanted.expires_in_days
    )
    return json_answer(ApiKeyMade(api_key=_shown(key), secret=secret), status=201).to_asgi()


@delete(
    "/admin/api-keys/{key_id:str}",
    status_code=200,  # of the route; the answer has its own
    opt={OPERATION: Operation(tag="admin", answers={204: None}, permission="api_keys:write", refuses=(404,))},
)
async def revoke_api_key(visit: NamedDependency[Visit], key_id: FromPath[str]) -> ASGIResponse:
    """Revoke a key: it is good no more from the next request on."""
    await visit.view.access.revoke_api_key(key_id=key_id)
    return Answer(status=204, headers={"cache-control": PRIVATE}).to_asgi()


def _shown(key: ApiKey) -> ApiKeyShown:
    return ApiKeyShown(
        id=key.id,
        name=key.name,
        permissions=key.permissions,
        ending=key.ending,
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        used_at=key.used_at,
        revoked_at=key.revoked_at,
    )

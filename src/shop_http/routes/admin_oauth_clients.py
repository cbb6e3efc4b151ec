"""Apps that act for people, and integrations that act for themselves, for those who register them."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import json_answer, no_content
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.admin import ListQuery, linked, staff_list
from shop_http.visit import Visit
from shopcore.oauth.model import Client

Redirects = Annotated[tuple[Annotated[str, Meta(max_length=2000)], ...], Meta(max_length=20)]
Scopes = Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(min_length=1, max_length=100)]


class ClientShown(msgspec.Struct, frozen=True, kw_only=True):
    """A client without its secret. One that is `public` has none; one without `redirect_uris` acts for itself."""

    id: str
    name: str
    public: bool
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    created_at: datetime
    created_by: str


class ClientPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some clients, and where the next ones start."""

    items: tuple[ClientShown, ...]
    next_cursor: str | None


class ClientMade(msgspec.Struct, frozen=True, kw_only=True):
    """A client that was just registered. `secret` is shown this once; a public one has none."""

    oauth_client: ClientShown
    secret: str | None


class NewClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client may ask for, and where people go back to; without an address it acts for itself."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Scopes
    redirect_uris: Redirects = ()
    public: bool = False


class ClientSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The new secret, shown this once."""

    secret: str


class RedirectsOnly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where people go back to from now on."""

    redirect_uris: Redirects


@get("/admin/oauth-clients", opt=staff_list(ClientPage, "oauth_clients:read"))
async def list_clients(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the apps and integrations that are registered, oldest first."""
    query = visit.query(ListQuery)
    page = await visit.view.oauth.list_clients(limit=query.limit, cursor=query.cursor)
    shown = ClientPage(items=tuple(map(_shown, page.items)), next_cursor=page.next_cursor)
    return linked(visit, json_answer(shown), page.next_cursor)


@post(
    "/admin/oauth-clients",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={201: ClientMade},
            body=NewClient,
            example={
                "name": "Our app",
                "scopes": ["orders"],
                "redirect_uris": ["com.example.app:/back"],
                "public": True,
            },
            permission="oauth_clients:write",
        )
    },
)
async def add_client(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Register an app or an integration, with some of one's own permissions. Its secret is shown this once."""
    wanted = await visit.json(NewClient)
    client, secret = await visit.view.oauth.add_client(
        name=wanted.name, scopes=wanted.scopes, redirect_uris=wanted.redirect_uris, public=wanted.public
    )
    return json_answer(ClientMade(oauth_client=_shown(client), secret=secret), status=201).to_asgi()


@delete(
    "/admin/oauth-clients/{client_id:str}",
    status_code=200,  # of the route; the answer has its own
    opt={OPERATION: Operation(tag="admin", answers={204: None}, permission="oauth_clients:write", refuses=(404,))},
)
async def remove_client(visit: NamedDependency[Visit], client_id: FromPath[str]) -> ASGIResponse:
    """Remove an app or integration: all its tokens are good no more from the next request on."""
    await visit.view.oauth.remove_client(client_id=client_id)
    return no_content().to_asgi()


@post(
    "/admin/oauth-clients/{client_id:str}/secret",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="admin", answers={200: ClientSecret}, permission="oauth_clients:write", refuses=(404, 409)
        )
    },
)
async def renew_secret(visit: NamedDependency[Visit], client_id: FromPath[str]) -> ASGIResponse:
    """Give a client another secret, as when one has leaked: that is good no more."""
    return json_answer(ClientSecret(secret=await visit.view.oauth.renew_secret(client_id=client_id))).to_asgi()


@put(
    "/admin/oauth-clients/{client_id:str}/redirect-uris",
    opt={
        OPERATION: Operation(
            tag="admin",
            answers={200: ClientShown},
            body=RedirectsOnly,
            example={"redirect_uris": ["com.example.app:/back"]},
            permission="oauth_clients:write",
            refuses=(404, 409),
        )
    },
)
async def change_redirects(visit: NamedDependency[Visit], client_id: FromPath[str]) -> ASGIResponse:
    """Say where people go back to from an app, and from no other address."""
    wanted = await visit.json(RedirectsOnly)
    client = await visit.view.oauth.change_redirects(client_id=client_id, redirect_uris=wanted.redirect_uris)
    return json_answer(_shown(client)).to_asgi()


def _shown(client: Client) -> ClientShown:
    return ClientShown(
        id=client.id,
        name=client.name,
        public=client.is_public,
        scopes=client.scopes,
        redirect_uris=client.redirect_uris,
        created_at=client.created_at,
        created_by=client.created_by,
    )


ROUTES = (list_clients, add_client, remove_client, renew_secret, change_redirects)

"""Where a customer is signed in, and the keys that tokens are verified with."""

from datetime import datetime

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import PUBLIC, conditional, json_answer, no_content
from shop_http.cookies import cookie_of
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.cookie_sessions import of_this_page
from shop_http.visit import Visit
from shopcore.identity.model import Session
from shopcore.kernel.actor import Customer, Guest
from shopcore.kernel.ids import SessionId


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is signed in; `current` is the one that asks. `methods` are names of RFC 8176, and two of our own.

    `device` is what it calls itself; a session that an app was given has the name of the `app` instead. `origin` is the
    network that it was opened from, never an address.
    """

    id: str
    device: str
    app: str | None
    origin: str | None
    methods: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[SessionShown, ...]
    next_cursor: None = None


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """Public keys, as RFC 7517 has them; the first one signs."""

    keys: tuple[dict[str, str], ...]


@post(
    "/auth/logout",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, leaving=True)},
)
async def logout(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Sign this device out: its tokens are void at once.

    A browser is signed out by its cookies and its `X-CSRF-Token`, also when the access token's is over, or the session.
    """
    if isinstance(visit.actor, Guest) and cookie_of(visit.request.headers, visit.jar.refresh) is not None:
        await visit.door.sessions.end_by_token(refresh_token=of_this_page(visit)[0])
    else:
        await visit.view.sessions.end()
    return visit.jar.emptied(no_content()).to_asgi()


@post(
    "/auth/logout-all", status_code=200, opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True)}
)
async def logout_all(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Sign every device out, this one included."""
    await visit.view.sessions.end_all()
    return visit.jar.emptied(no_content()).to_asgi()


@get(
    "/auth/sessions",
    opt={OPERATION: Operation(tag="accounts", answers={200: SessionList}, signed_in=True, answer_headers=("ETag",))},
)
async def list_sessions(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the devices that are signed in."""
    found = await visit.view.sessions.list()
    items = tuple(session_shown(one, _current(visit)) for one in found)
    return visit.shown(json_answer(SessionList(items=items)))


@delete(
    "/auth/sessions/{session_id:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="accounts", answers={204: None}, signed_in=True, refuses=(404,))},
)
async def end_session(visit: NamedDependency[Visit], session_id: FromPath[str]) -> ASGIResponse:
    """Sign one device out."""
    await visit.view.sessions.end(session_id=SessionId(session_id))
    return no_content().to_asgi()


@get(
    "/.well-known/jwks.json",
    opt={OPERATION: Operation(tag="accounts", public=True, answers={200: KeySet}, answer_headers=("ETag",))},
)
async def keys(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the public keys that access tokens are verified with, old ones that still count included."""
    shown = KeySet(keys=tuple(dict(key) for key in visit.shop.access_keys()))
    return conditional(json_answer(shown, cache=PUBLIC), visit.request.headers.get("if-none-match")).to_asgi()


def _current(visit: Visit) -> SessionId | None:
    match visit.actor:
        case Customer(sign_in=came) if came is not None:
            return came.session_id
        case _:
            return None


def session_shown(session: Session, current: SessionId | None) -> SessionShown:
    """A session as its customer sees it."""
    return SessionShown(
        id=session.id,
        device="" if session.client_id else session.device,
        app=session.device if session.client_id else None,
        origin=session.origin or None,
        methods=session.methods,
        created_at=session.created_at,
        last_used_at=session.rotated_at,
        expires_at=session.expires_at,
        current=session.id == current,
    )

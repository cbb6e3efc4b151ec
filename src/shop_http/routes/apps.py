"""What a person lets apps do: asked here, remembered, listed, and withdrawn."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import JSON, PRIVATE, Answer, json_answer, no_content
from shop_http.forms import read_parameters
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.delegation.model import AppOfMine, Asked, SentBack
from shopcore.kernel.errors import Unauthenticated
from shopcore.oauth.model import AuthorizationRequest

_S256 = "Must be `S256`."


class AuthorizationQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What an app asks for. What else it sends is passed over."""

    client_id: str
    response_type: Annotated[str, Meta(description="Must be `code`.")] | None = None
    redirect_uri: Annotated[str, Meta(description="One that was registered.")] | None = None
    scope: (
        Annotated[str, Meta(description="Scopes with spaces between them; all of the client's unless named.")] | None
    ) = None
    state: Annotated[str, Meta(description="Comes back as it is.")] | None = None
    code_challenge: Annotated[str, Meta(description="The SHA-256 of the verifier, in base64url.")] | None = None
    code_challenge_method: Annotated[str, Meta(description=_S256)] | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the app asked for, and whether the person agrees."""

    client_id: str
    agreed: bool
    response_type: str | None = None
    redirect_uri: str | None = None
    scope: str | None = None
    state: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None


class AuthorizationShown(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser has to go now (`location`), or what the person is to be asked (`consent`)."""

    location: str | None = None
    consent: "ConsentAsked | None" = None


class ConsentAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, for what, and where the person goes back to. `scopes` are names, and what each lets the app do."""

    client_id: str
    client_name: str
    redirect_uri: str
    scopes: dict[str, str]


class AppShown(msgspec.Struct, frozen=True, kw_only=True):
    """An app that one lets do something."""

    client_id: str
    name: str
    scopes: dict[str, str]
    given_at: datetime
    asks_again: Annotated[bool, Meta(description="Whether it was moved since, and gets nothing more unasked.")]


class AppList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[AppShown, ...]
    next_cursor: None = None


@get(
    "/oauth/authorize",
    opt={
        OPERATION: Operation(
            tag="apps",
            answers={200: AuthorizationShown, 303: None},
            query=AuthorizationQuery,
            lenient=True,
            signed_in=True,
            answer_headers=("Location",),
        )
    },
)
async def authorize(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Send the customer's browser back to an app with a code, or say what they are to be asked first.

    A page that asks for `application/json` is told in the body where to go. A browser that an app has opened is sent
    back to it, or, where somebody has to sign in or to be asked, to the page of `OAUTH_CONSENT_PAGE`.
    """
    parameters = read_parameters(visit.request.scope["query_string"])
    asked = {name: value for name, value in parameters.items() if name in AuthorizationQuery.__struct_fields__}
    try:
        outcome = await visit.view.oauth.authorize(request=AuthorizationRequest(**asked))
    except Unauthenticated:
        if _consent_page(visit) is None:
            raise
        return _to_consent_page(visit).to_asgi()
    return _answered(visit, outcome).to_asgi()


@post(
    "/oauth/authorize",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="apps",
            answers={200: AuthorizationShown},
            body=Decision,
            example={
                "client_id": "0192f3a4-5b6c-7d8e-9f01-23456789abcd",
                "agreed": True,
                "response_type": "code",
                "redirect_uri": "com.example.app:/back",
                "scope": "orders profile",
                "state": "af0ifjsldkj",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256",
            },
            signed_in=True,
        )
    },
)
async def decide(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Say whether the customer lets the app; the answer says where their browser has to go now."""
    decision = await visit.json(Decision)
    asked = {name: value for name, value in msgspec.structs.asdict(decision).items() if name != "agreed"}
    outcome = await visit.view.oauth.authorize(request=AuthorizationRequest(**asked), agreed=decision.agreed)
    return json_answer(_shown(outcome)).to_asgi()


@get(
    "/me/apps",
    opt={OPERATION: Operation(tag="apps", answers={200: AppList}, signed_in=True, answer_headers=("ETag",))},
)
async def list_apps(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the apps that one lets do something."""
    found = await visit.view.oauth.list_apps()
    return visit.shown(json_answer(AppList(items=tuple(map(_app_shown, found)))))


@delete(
    "/me/apps/{client_id:str}",
    status_code=200,
    opt={OPERATION: Operation(tag="apps", answers={204: None}, signed_in=True, refuses=(404,))},
)
async def withdraw_app(visit: NamedDependency[Visit], client_id: FromPath[str]) -> ASGIResponse:
    """Let an app do nothing any more: its tokens are void at once."""
    await visit.view.oauth.withdraw_app(client_id=client_id)
    return no_content().to_asgi()


def _answered(visit: Visit, outcome: Asked | SentBack) -> Answer:
    if _is_page(visit):
        return json_answer(_shown(outcome))
    if isinstance(outcome, SentBack):
        return _sent_to(outcome.location)
    return json_answer(_shown(outcome)) if _consent_page(visit) is None else _to_consent_page(visit)


def _is_page(visit: Visit) -> bool:
    """Whether a page asks, which goes where it is told by itself; else a browser, which follows."""
    return JSON in visit.request.headers.get("accept", "").lower()


def _consent_page(visit: Visit) -> str | None:
    """Where to send a browser, if there is a page; a page that asks is not sent to itself."""
    return None if _is_page(visit) else visit.shop.settings.oauth_consent_page


def _to_consent_page(visit: Visit) -> Answer:
    """With the very question that was asked. The address is the shop's own setting, so nobody can send it elsewhere."""
    return _sent_to(f"{_consent_page(visit)}?{visit.request.scope['query_string'].decode('latin-1')}")


def _sent_to(location: str) -> Answer:
    """303, so that no browser sends along what it was asked with (RFC 9700, 4.12)."""
    return Answer(status=303, headers={"location": location, "cache-control": PRIVATE})


def _shown(outcome: Asked | SentBack) -> AuthorizationShown:
    if isinstance(outcome, SentBack):
        return AuthorizationShown(location=outcome.location)
    asked = ConsentAsked(
        client_id=outcome.client_id,
        client_name=outcome.client_name,
        redirect_uri=outcome.redirect_uri,
        scopes=dict(outcome.scopes),
    )
    return AuthorizationShown(consent=asked)


def _app_shown(app: AppOfMine) -> AppShown:
    return AppShown(
        client_id=app.client_id,
        name=app.name,
        scopes=dict(app.scopes),
        given_at=app.given_at,
        asks_again=app.asks_again,
    )

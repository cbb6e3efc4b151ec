"""Where apps and integrations get their tokens. They ask in forms, and are refused as RFC 6749, 5.2, has it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Meta, UnsetType

from shop_http.answers import PUBLIC, Answer, conditional, json_answer
from shop_http.errors import Refusal
from shop_http.forms import read_credentials, read_form
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.auth import Nothing
from shop_http.visit import Visit
from shopcore.delegation.model import OFFERED, ClientProof, Issued
from shopcore.kernel.errors import Forbidden, Rejected, Unauthenticated
from shopcore.oauth.errors import InvalidRequest, UnsupportedGrantType

_REFUSALS = (Rejected, Unauthenticated, Forbidden)
_SECRETS = ("client_secret_basic", "client_secret_post", "none")


class TokenForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks for. `client_id` and `client_secret` are here, or in the Authorization header (Basic)."""

    grant_type: Annotated[str, Meta(description="authorization_code, refresh_token or client_credentials")]
    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    code_verifier: str | UnsetType = UNSET
    redirect_uri: str | UnsetType = UNSET
    refresh_token: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET


class RevocationForm(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is to be good no more (RFC 7009)."""

    token: str
    token_type_hint: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET


class TokensGiven(msgspec.Struct, frozen=True, kw_only=True):
    """An access token for `expires_in` seconds, what it lets the client do, and what to get the next one with."""

    access_token: str
    expires_in: int
    scope: str
    token_type: str = "Bearer"  # noqa: S105 - its kind
    refresh_token: str | UnsetType = UNSET


class OAuthProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why there are none, by a name of RFC 6749, 5.2."""

    error: str
    error_description: str


class ServerMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a client has to know of this server (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    scopes_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...] = ("code",)
    response_modes_supported: tuple[str, ...] = ("query",)
    grant_types_supported: tuple[str, ...] = ("authorization_code", "refresh_token", "client_credentials")
    token_endpoint_auth_methods_supported: tuple[str, ...] = _SECRETS
    revocation_endpoint_auth_methods_supported: tuple[str, ...] = _SECRETS
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)
    authorization_response_iss_parameter_supported: bool = True


@post(
    "/oauth/token",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="apps",
            answers={200: TokensGiven, 400: OAuthProblem, 401: OAuthProblem},
            body=TokenForm,
            example={"grant_type": "client_credentials", "client_id": "0192...", "client_secret": "shopsecret_..."},
            oauth=True,
            public=True,
        )
    },
)
async def token(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Change a code, a refresh token, or a client's own secret for an access token.

    A code is good once, for a minute, with the verifier of its challenge; used a second time, it ends what it gave.
    """
    return (await _for_client(visit, _tokens)).to_asgi()


@post(
    "/oauth/revoke",
    status_code=200,
    opt={
        OPERATION: Operation(
            tag="apps",
            answers={200: Nothing, 400: OAuthProblem, 401: OAuthProblem},
            body=RevocationForm,
            example={"token": "either token", "client_id": "0192..."},
            oauth=True,
            public=True,
        )
    },
)
async def revoke(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Take a token back. Either token of an app ends its session; what is no token is as good as revoked."""
    return (await _for_client(visit, _revoked)).to_asgi()


@get(
    "/.well-known/oauth-authorization-server",
    opt={OPERATION: Operation(tag="apps", public=True, answers={200: ServerMetadata}, answer_headers=("ETag",))},
)
async def metadata(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Say where everything is, and what is understood."""
    base = visit.shop.settings.app_url
    place = base.rstrip("/")
    shown = ServerMetadata(
        issuer=base,
        authorization_endpoint=f"{place}/oauth/authorize",
        token_endpoint=f"{place}/oauth/token",
        revocation_endpoint=f"{place}/oauth/revoke",
        jwks_uri=f"{place}/.well-known/jwks.json",
        scopes_supported=tuple(sorted(OFFERED)),
    )
    return conditional(json_answer(shown, cache=PUBLIC), visit.request.headers.get("if-none-match")).to_asgi()


Act = Callable[[Visit, Mapping[str, str], ClientProof], Awaitable[Answer]]


async def _for_client(visit: Visit, act: Act) -> Answer:
    """Answer a client. What is no matter of OAuth, such as too many requests, is told as everywhere."""
    try:
        if visit.request.scope["query_string"]:
            raise InvalidRequest("query", "must be empty: what is secret has no place in an address")
        form = read_form(await visit.body(), visit.request.headers)
        client_id, secret = read_credentials(form, visit.request.headers.get("authorization"))
        return await act(visit, form, ClientProof(client_id=client_id, secret=secret, network=visit.device.network))
    except _REFUSALS as error:
        return _refused(401 if isinstance(error, Unauthenticated) else 400, error.code, error.detail)
    except Refusal as refusal:
        return _refused(refusal.status, refusal.code, refusal.detail)


async def _tokens(visit: Visit, form: Mapping[str, str], client: ClientProof) -> Answer:
    acts, scope = visit.public.oauth, form.get("scope")
    match _needed(form, "grant_type"):
        case "authorization_code":
            issued = await acts.exchange_code(
                client=client,
                code=_needed(form, "code"),
                verifier=_needed(form, "code_verifier"),
                redirect_uri=form.get("redirect_uri"),
            )
        case "refresh_token":
            issued = await acts.refresh(client=client, refresh_token=_needed(form, "refresh_token"), scope=scope)
        case "client_credentials":
            issued = await acts.issue_client_token(client=client, scope=scope)
        case _:
            raise UnsupportedGrantType
    return json_answer(_given(issued))


async def _revoked(visit: Visit, form: Mapping[str, str], client: ClientProof) -> Answer:
    await visit.public.oauth.revoke(client=client, token=_needed(form, "token"))
    return json_answer(Nothing())


def _given(issued: Issued) -> TokensGiven:
    return TokensGiven(
        access_token=issued.access_token,
        expires_in=issued.expires_in,
        scope=" ".join(issued.scopes),
        refresh_token=UNSET if issued.refresh_token is None else issued.refresh_token,
    )


def _needed(form: Mapping[str, str], name: str) -> str:
    if name not in form:
        raise InvalidRequest(name, "is required")
    return form[name]


def _refused(status: int, error: str, description: str) -> Answer:
    answer = json_answer(OAuthProblem(error=error, error_description=description), status=status)
    return answer.with_headers({"www-authenticate": 'Basic realm="oauth"'}) if status == 401 else answer

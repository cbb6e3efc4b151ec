"""Sessions of browsers: tokens in cookies instead of in bodies."""

from functools import partial
from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from msgspec import Meta

from shop_http.answers import Answer, json_answer
from shop_http.cookies import CSRF, cookie_of, require_own_page
from shop_http.openapi import OPERATION, Header, Operation
from shop_http.visit import Visit
from shopcore.identity.model import Tokens
from shopcore.kernel.errors import Unauthenticated
from shopcore.kernel.ids import SessionId

PAGE_TOKEN = Header(name=CSRF, description="What a page sends with its cookies; needed with `session=cookie`.")


class SessionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tokens are given: in the body, or in cookies, which no script of a page can read."""

    session: Annotated[Literal["cookie"] | None, Meta(description="`cookie` for browsers.")] = None


class PageToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a page sends as `X-CSRF-Token`."""

    csrf_token: str


@get(
    "/auth/csrf",
    opt={OPERATION: Operation(tag="accounts", public=True, answers={200: PageToken}, refuses=(401,))},
)
async def show_page_token(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show what a page sends as `X-CSRF-Token`, to one that was loaded anew and has its cookies still."""
    return json_answer(PageToken(csrf_token=visit.shop.page_token(_session(visit)[1]))).to_asgi()


def in_cookies(visit: Visit, answer: Answer, tokens: Tokens, device_token: str = "") -> Answer:
    """The answer with the tokens in cookies."""
    return visit.jar.filled(
        answer,
        access=tokens.access_token,
        refresh=tokens.refresh_token,
        expires_in=tokens.expires_in,
        device=device_token,
    )


def of_this_page(visit: Visit) -> tuple[str, str]:
    """The refresh token of the cookie, asked for by a page of ours, and what such a page shows from now on."""
    token, session_id = _session(visit)
    require_own_page(visit.request.method, visit.request.headers, partial(visit.shop.is_page_token, session_id))
    return token, visit.shop.page_token(session_id)


def _session(visit: Visit) -> tuple[str, SessionId]:
    token = cookie_of(visit.request.headers, visit.jar.refresh)
    if token is None:
        raise Unauthenticated("there is no session in the cookies")
    return token, visit.shop.session_of(token)

"""From what was raised to what is said: one total map from categories to statuses, and RFC 9457 problems."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from shop_http.answers import PRIVATE, Answer
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ShopError,
    Unauthenticated,
    Unavailable,
)
from shopcore.kernel.stores import StoreUnusable
from shopcore.kernel.tracebacks import traceback_of

STATUS: Mapping[type[ShopError], int] = MappingProxyType(
    {
        NotFound: 404,
        Conflict: 409,
        Rejected: 422,
        Forbidden: 403,
        Unauthenticated: 401,
        RateLimited: 429,
        Unavailable: 503,
    }
)
"""Every anticipated refusal has its status by its category alone."""

PROBLEM_JSON = "application/problem+json"

_CODES = {404: "route_not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_media_type"}
_SHORTEST_WAIT = 1  # seconds
_UNUSABLE = "what this needs cannot be read or written; the reason was logged"

_log = structlog.get_logger("shop.http")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem. `code` is stable; `errors` names each field that broke a rule."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[FieldError, ...]
    correlation_id: str


class Refusal(Exception):
    """What HTTP refuses by itself, before the core is asked."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers

    @classmethod
    def of(cls, status: int, *errors: FieldError) -> "Refusal":
        """Input that breaks rules; the first one names the whole."""
        detail = "; ".join(f"{error.field}: {error.message}" for error in errors)
        return cls(status, errors[0].code if len(errors) == 1 else "invalid_input", detail, errors=errors)


def status_of(error: ShopError) -> int:
    """By the error's category."""
    return next(status for category, status in STATUS.items() if isinstance(error, category))


def answer_to(error: Exception, correlation: str | None = None) -> Answer:
    """The problem that an exception is told as. `correlation` is the id to name, where it is not this request's.

    Nothing of an unanticipated exception is told; it is logged with its traceback.
    """
    told = correlation or correlation_id.get()
    match error:
        case StoreUnusable():
            # What to mend and where is for whoever runs the shop, not for whoever looks at it.
            _log.error("store_unusable", reason=error.detail, correlation_id=told)
            return _problem(status_of(error), error.code, _UNUSABLE, (), told, _headers_of(error))
        case ShopError():
            return _problem(status_of(error), error.code, error.detail, error.errors, told, _headers_of(error))
        case Refusal():
            return _problem(error.status, error.code, error.detail, error.errors, told, error.headers)
        case HTTPException(status_code=status) if status < 500:
            code = _CODES.get(status, "bad_request")
            return _problem(status, code, _detail(status), (), told, _with_head(error.headers or {}))
        case _:
            _log.error("unanticipated", exception=traceback_of(error), correlation_id=told)
            return _problem(500, "internal_error", "something went wrong here; it was logged", (), told, {})


def handle(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything."""
    return answer_to(error).to_response()


def retry_after(seconds: float | None) -> str:
    """Whole seconds, rounded up, at least one (RFC 9110, 10.2.3)."""
    return str(max(math.ceil(seconds or 0), _SHORTEST_WAIT))


def _headers_of(error: ShopError) -> Mapping[str, str]:
    if isinstance(error, Unauthenticated):
        return {"www-authenticate": "Bearer"}
    if error.retry_after is not None or isinstance(error, Unavailable | RateLimited):
        return {"retry-after": retry_after(error.retry_after)}
    return {}


def _with_head(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The edge answers HEAD wherever there is a GET, which the router does not know."""
    allowed = headers.get("allow", "").split(", ")
    return {**headers, "allow": ", ".join(sorted({*allowed, "HEAD"}))} if "GET" in allowed else headers


def _detail(status: int) -> str:
    return {
        404: "there is nothing at this address",
        405: "this address does not know the method",
        413: "the body is larger than this address takes",
    }.get(status, HTTPStatus(status).description.lower() or "the request was not understood")


def _problem(
    status: int, code: str, detail: str, errors: Sequence[FieldError], correlation: str, headers: Mapping[str, str]
) -> Answer:
    problem = Problem(
        type=f"urn:problem-type:shopcore:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=tuple(errors),
        correlation_id=correlation,
    )
    return Answer(
        body=msgspec.json.encode(problem),
        status=status,
        media_type=PROBLEM_JSON,
        headers={"cache-control": PRIVATE, **{name.lower(): value for name, value in headers.items()}},
    )

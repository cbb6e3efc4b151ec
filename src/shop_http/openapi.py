"""The OpenAPI 3.1 document: what each route says of itself, and the schemas of its wire Structs, in one place.

Litestar's own generator is not used: bodies and query strings are read by `shop_http.reading`, so that the same Structs
say what is accepted, and their schemas come from the library that enforces them.
"""

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from shop_http.answers import JSON
from shop_http.errors import PROBLEM_JSON, Problem
from shop_http.forms import FORM

OPERATION = "operation"
"""The key under which a handler's `opt` carries its `Operation`."""

_REF = "#/components/schemas/{name}"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """A request header that an operation reads."""

    name: str
    description: str
    required: bool = False
    max_length: int = 255


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What a route says of itself. `answers` maps a status to the wire type of its body, None for no body.

    `refuses` are the statuses of its own refusals; those that every operation with a body, a query or a limit has are
    added. `also` is merged into the schema of the body where a Struct cannot say it. `permission` is what staff and
    integrations need; an operation that has one is for them alone, as one that is `signed_in` is for customers. What is
    `public` is the same for everybody, and credentials are not looked at. `oauth` is asked by clients in forms, and
    refuses as RFC 6749 has it. `lenient` takes who comes with credentials that are not good any more for a guest, since
    a browser cannot help bringing them. `leaving` takes a browser whose cookie of the access token is over for a guest:
    it has the one of the refresh token to show.
    """

    tag: str
    answers: Mapping[int, Any]
    query: type | None = None
    body: type | None = None
    body_required: bool = True
    example: Any = None
    also: Mapping[str, Any] = {}
    headers: tuple[Header, ...] = ()
    answer_headers: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()
    media_type: str = JSON
    permission: str | None = None
    public: bool = False
    signed_in: bool = False
    oauth: bool = False
    lenient: bool = False
    leaving: bool = False

    def requires(self, header: str) -> bool:
        """Whether it is not to be asked for without this header."""
        return any(each.required and each.name == header for each in self.headers)


_ANSWER_HEADERS: Mapping[str, str] = {
    "X-Correlation-ID": "Ties this answer to the log; the caller's own where a sane one was sent.",
    "ETag": "A strong validator; send it back as If-None-Match.",
    "Link": 'The next page, with rel="next"; absent on the last one.',
    "X-Cart-Token": "The secret that names a cart that was just created.",
    "Idempotent-Replayed": "true where this answer was given before under the same key.",
    "Set-Cookie": "The cookies of a session, where it was asked for in cookies.",
    "Retry-After": "Seconds to wait before another try.",
    "Location": "Where the browser has to go.",
    "Allow": "The methods that the address knows.",
}

_SCHEMES: Mapping[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token; or an API key, which begins with `shopkey_`, of another system.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-shop-access",
        "description": "Set by signing in with `?session=cookie`. What changes something needs `X-CSRF-Token` as well.",
    },
}

_DETAILS: Mapping[int, str] = {
    400: "Malformed: no JSON, broken UTF-8, a value of another type, an unknown field",
    401: "The credentials are not known here",
    403: "Signed in, and not allowed",
    404: "Absent, or not yours",
    409: "The state of things forbids it",
    413: "The body is too large",
    415: "The body must be application/json",
    422: "Well-formed, and invalid; `errors` names each field and rule",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "A needed dependency is down, or the store is busy",
}


def document(handlers: Iterable[tuple[str, str, Any]], *, version: str) -> bytes:
    """The document of `(method, path template, handler)`s, encoded."""
    described = [
        (method, path, handler, operation)
        for method, path, handler in handlers
        if (operation := handler.opt.get(OPERATION)) is not None
    ]
    types = [kind for *_, operation in described for kind in _types_of(operation)]
    _, components = msgspec.json.schema_components([Problem, *types], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for method, path, handler, operation in sorted(described, key=lambda one: one[1]):
        paths.setdefault(path, {})[method.lower()] = _operation(path, handler, operation, components)
    queries = {operation.query.__name__ for *_, operation in described if operation.query}
    schemas = {name: schema for name, schema in sorted(components.items()) if name not in queries}
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "shopcore",
                "version": version,
                "description": "What a shop's customers, and those who operate it, may ask of it.",
            },
            "paths": paths,
            "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
        }
    )


def _types_of(operation: Operation) -> list[Any]:
    answers = [kind for kind in operation.answers.values() if kind is not None and kind is not str]
    return [kind for kind in (operation.query, operation.body, *answers) if kind is not None]


def _operation(path: str, handler: Any, operation: Operation, components: Mapping[str, Any]) -> dict[str, Any]:
    text = inspect.getdoc(handler.fn) or ""
    described: dict[str, Any] = {
        "operationId": handler.fn.__name__,
        "tags": [operation.tag],
        "summary": text.partition("\n")[0].rstrip("."),
        "description": text,
        "parameters": [*_path_parameters(path), *_query(operation, components), *_headers(operation)],
        "responses": _responses(operation),
    }
    if operation.permission is not None:
        described["x-permission"] = operation.permission
    if not operation.public:
        is_known = operation.permission is not None or operation.signed_in
        described["security"] = [{"bearer": []}, {"cookie": []}, *(() if is_known else ({},))]
    if operation.body is not None:
        described["requestBody"] = _body(operation)
    return described


def _body(operation: Operation) -> dict[str, Any]:
    schema = _schema(operation.body)
    content = {"schema": {"allOf": [schema, dict(operation.also)]} if operation.also else schema}
    if operation.example is not None:
        content["example"] = operation.example
    return {"required": operation.body_required, "content": {FORM if operation.oauth else JSON: content}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in names
    ]


def _query(operation: Operation, components: Mapping[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = components[operation.query.__name__]
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(part)}
        for name, part in schema["properties"].items()
    ]


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query parameter is left out rather than null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and value is not None}
    return {**rest, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})} if kinds else rest


def _headers(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": header.name,
            "in": "header",
            "required": header.required,
            "description": header.description,
            "schema": {"type": "string", "minLength": 1, "maxLength": header.max_length, "pattern": "^[ -~]+$"},
        }
        for header in operation.headers
    ]


def _responses(operation: Operation) -> dict[str, Any]:
    answers = {
        str(status): _response(HTTPStatus(status).phrase, kind, operation) for status, kind in operation.answers.items()
    }
    if "ETag" in operation.answer_headers:
        answers["304"] = _response("You have these bytes already", None, operation)
    refusals = {str(status): _refusal(status) for status in sorted({*operation.refuses, *_usual(operation)})}
    return answers | {status: refusal for status, refusal in refusals.items() if status not in answers}


def _response(description: str, kind: Any, operation: Operation) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": description,
        "headers": _answer_headers("X-Correlation-ID", *operation.answer_headers),
    }
    if kind is not None:
        response["content"] = {operation.media_type: {"schema": _schema(kind)}}
    return response


def _usual(operation: Operation) -> set[int]:
    if operation.oauth:
        return {413, 429, 500, 503}
    usual = {422, 500, 503, *((400,) if operation.query or operation.headers else ())}
    if not operation.public:
        usual |= {401, 403}  # of credentials that are not known, and of those that are and may not
    if operation.tag != "operations":
        usual.add(429)
    return usual | {400, 413, 415} if operation.body is not None else usual


def _refusal(status: int) -> dict[str, Any]:
    waits = ("Retry-After",) if status in {409, 429, 503} else ()
    return {
        "description": _DETAILS[status],
        "headers": _answer_headers("X-Correlation-ID", *waits),
        "content": {PROBLEM_JSON: {"schema": _schema(Problem)}},
    }


def _answer_headers(*names: str) -> dict[str, Any]:
    return {name: {"description": _ANSWER_HEADERS[name], "schema": {"type": "string"}} for name in names}


@cache  # that of a problem stands there hundreds of times
def _schema(kind: Any) -> Mapping[str, Any]:
    if kind is str:
        return {"type": "string"}
    return dict(msgspec.json.schema_components([kind], ref_template=_REF)[0][0])

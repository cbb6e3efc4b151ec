"""Bodies that were made to hurt: nested without end, larger than allowed, with fields that nobody offers."""

import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from typing import Any, get_args, get_origin, get_type_hints

import httpx
import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from tests.http.conftest import client_of, settings_for
from tests.security.scene import FOR_KEYS

from shop_http.idempotency import KEY
from shop_http.openapi import OPERATION
from shop_http.routes.oauth import RevocationForm, TokenForm
from shop_http.routes.served import ROUTES
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

WITH_BODIES: list[HTTPRouteHandler] = [
    handler for handler in ROUTES if getattr(handler.opt.get(OPERATION), "body", None) is not None
]
WITHOUT_BODIES: list[HTTPRouteHandler] = [
    handler
    for handler in ROUTES
    if (operation := handler.opt.get(OPERATION)) is not None
    and operation.body is None
    and KEY in [header.name for header in operation.headers]
]
"""Acts that say all in their address."""
OPEN_FORMS = {TokenForm, RevocationForm}
"""What a server of tokens does not know it has to ignore (RFC 6749, 3.2)."""
DEEP = 200_000
NESTED = {
    "lists": b"[" * DEEP,
    "closed lists": b"[" * DEEP + b"]" * DEEP,
    "objects": b'{"a":' * DEEP,
    "in a known field": b'{"payment":{"method":' + b"[" * DEEP,
    "in an unknown field": b'{"metadata":' + b'{"a":' * DEEP,
}
HEADERS = {"Content-Type": "application/json", "X-Cart-Token": "x" * 32}


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory, kept_always_on: None) -> AsyncGenerator[httpx.AsyncClient]:
    """Of one shop for all that is refused: nothing here changes anything."""
    async with client_of(settings_for(tmp_path_factory.mktemp("shop"))) as opened:
        yield opened


@pytest.fixture(scope="module")
async def at_work(tmp_path_factory: pytest.TempPathFactory, kept_always_on: None) -> AsyncGenerator[httpx.AsyncClient]:
    """Of a shop's other system, which may do all that one may."""
    async with Shop.open(settings_for(tmp_path_factory.mktemp("staff"))) as shop:
        _, secret = await shop.as_(owner()).access.create_api_key(name="All", permissions=FOR_KEYS)
        async with client_of(shop) as opened:
            opened.headers["Authorization"] = f"Bearer {secret}"
            yield opened


def address_of(handler: HTTPRouteHandler) -> str:
    (path,) = handler.paths
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def structs_in(kind: Any) -> Iterator[Any]:
    """Every Struct that a body may hold."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for hint in get_type_hints(kind).values():
            yield from structs_in(hint)
    for argument in get_args(kind) if get_origin(kind) else ():
        yield from structs_in(argument)


def holes_in(kind: Any) -> Iterator[str]:
    """Places where anything at all would be read."""
    for struct in structs_in(kind):
        for name, hint in get_type_hints(struct).items():
            if "Any" in str(hint) or hint is object or hint is msgspec.Raw:
                yield f"{struct.__name__}.{name}"


@pytest.mark.parametrize("handler", WITH_BODIES, ids=lambda handler: handler.fn.__name__)
@pytest.mark.parametrize("shape", NESTED)
async def test_what_is_nested_without_end_is_refused_at_once(
    client: httpx.AsyncClient, handler: HTTPRouteHandler, shape: str
) -> None:
    """At the first level that the shape of the body does not have; it never costs a stack."""
    (method,) = handler.http_methods
    begun = time.perf_counter()
    headers = {**HEADERS, "Idempotency-Key": str(uuid.uuid4())}
    answer = await client.request(method, address_of(handler), content=NESTED[shape], headers=headers)

    assert answer.status_code in {400, 401, 404}, answer.text
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("handler", WITH_BODIES, ids=lambda handler: handler.fn.__name__)
def test_a_body_has_no_place_for_what_was_not_thought_of(handler: HTTPRouteHandler) -> None:
    """The depth of what is read is the depth of its Structs, and a field that they do not have is refused."""
    body = handler.opt[OPERATION].body

    assert list(holes_in(body)) == []
    closed = (each for each in structs_in(body) if each not in OPEN_FORMS)
    assert [struct.__name__ for struct in closed if not struct.__struct_config__.forbid_unknown_fields] == []


class _Holes(msgspec.Struct):
    """What the test above is there to notice."""

    anything: Any
    raw: msgspec.Raw


def test_a_hole_is_noticed() -> None:
    assert list(holes_in(_Holes)) == ["_Holes.anything", "_Holes.raw"]


@pytest.mark.parametrize("handler", WITHOUT_BODIES, ids=address_of)
@pytest.mark.parametrize("under_a_key", [True, False], ids=["key", "no key"])
async def test_an_act_without_a_body_is_not_done_with_one(
    at_work: httpx.AsyncClient, handler: HTTPRouteHandler, under_a_key: bool
) -> None:
    """A figure that nobody reads would be wrong money: whoever sends one hears that it means nothing."""
    said = {
        b'{"amount": {"amount": 1, "currency": "USD"}}': ("unknown_field", "amount"),
        b"[]": ("wrong_type", "body"),
        b"{junk": ("malformed_json", "body"),
    }
    for body, refusal in said.items():
        headers = HEADERS | ({KEY: str(uuid.uuid4())} if under_a_key else {})
        first, again = [await at_work.post(address_of(handler), content=body, headers=headers) for _ in range(2)]
        error = first.json()["errors"][0]

        assert (first.status_code, (error["code"], error["field"])) == (400, refusal)
        assert (again.status_code, "idempotent-replayed" in again.headers) == (400, under_a_key)


async def test_an_act_without_a_body_takes_an_empty_one(at_work: httpx.AsyncClient) -> None:
    """As some clients send it with every POST."""
    for body in (b"", b"{}"):
        answer = await at_work.post("/admin/jobs/x/retry", content=body, headers=HEADERS)

        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


def test_acts_on_money_that_say_all_in_their_address_are_among_them() -> None:
    order = "/admin/orders/x"
    acts = {"payment/confirm", "payment/refuse", "payment/void", "refunds/x/retry", "refunds/x/confirm"}

    assert {f"{order}/{act}" for act in acts} <= set(map(address_of, WITHOUT_BODIES))

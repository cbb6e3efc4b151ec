"""Every address, asked by every kind of actor, for what is theirs, for what is another's, and for what is not there.

Nothing is listed by hand but what an address has in it: an address that is new is asked like all others, and where it
names something that `scene.py` does not know how to make, the walk fails.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from tests.http.conftest import ORDER
from tests.security.scene import ABSENT, FOR_APPS, FOR_KEYS, MAKERS, NOWHERE, Headers, Scene, scene_in

from shop_http import logs
from shop_http.openapi import OPERATION, Operation
from shop_http.routes.served import ROUTES
from shopcore.shop import owner

THEIRS, ANOTHERS, NOT_THERE = "theirs", "another's", "not there"
WHOSE = (THEIRS, ANOTHERS, NOT_THERE)


@dataclass(frozen=True)
class Route:
    """One method of one address, and what it says of itself."""

    method: str
    path: str
    operation: Operation | None

    @property
    def names(self) -> tuple[str, ...]:
        """What the address names."""
        return tuple(part[1:-1].partition(":")[0] for part in self.path.split("/") if part.startswith("{"))

    @property
    def address(self) -> str:
        """As the document has it."""
        return "/".join(
            f"{{{part[1:-1].partition(':')[0]}}}" if part.startswith("{") else part for part in self.path.split("/")
        )

    @property
    def whose(self) -> tuple[str, ...]:
        """What the walk distinguishes here: only an address that names something can name another's."""
        owned = any(name in OWNED for name in self.names)
        return WHOSE if owned else (THEIRS, NOT_THERE) if self.names else (THEIRS,)

    @property
    def permission(self) -> str | None:
        """What staff need."""
        return None if self.operation is None else self.operation.permission

    @property
    def signed_in(self) -> bool:
        """Whether it is for customers alone."""
        return self.operation is not None and self.operation.signed_in

    @property
    def public(self) -> bool:
        """Whether everybody sees the same."""
        return self.operation is None or self.operation.public


def routes() -> list[Route]:
    """All of them."""
    return [
        Route(method, path, handler.opt.get(OPERATION))
        for handler in ROUTES
        for path in sorted(handler.paths)
        if not path.startswith("/static/")
        for method in sorted(handler.http_methods)
    ]


@dataclass(frozen=True)
class Asker:
    """A kind of actor: the headers they send for a route."""

    name: str
    headers: Callable[[Scene, Route], Awaitable[Headers]]
    is_customer: bool = False


async def _nothing(_scene: Scene, _route: Route) -> Headers:
    return {}


async def _guest(scene: Scene, _route: Route) -> Headers:
    scene.made["order_id"], proof = await scene.order()
    return {**await scene.cart(), **proof}


async def _customer(scene: Scene, _route: Route) -> Headers:
    return await scene.customer()


async def _staff_without(scene: Scene, route: Route) -> Headers:
    return await scene.staff(*(each for each in ("catalog:read", "pricing:read") if each != route.permission))


async def _staff_with(scene: Scene, route: Route) -> Headers:
    return await scene.staff(route.permission or "catalog:read")


async def _owner(scene: Scene, _route: Route) -> Headers:
    return await scene.customer("", "owner")


async def _key_with(scene: Scene, route: Route) -> Headers:
    wanted = route.permission
    return await scene.key(*([wanted] if wanted in FOR_KEYS else FOR_KEYS))


async def _key_without(scene: Scene, route: Route) -> Headers:
    return await scene.key(*(each for each in ("catalog:read", "pricing:read") if each != route.permission))


async def _app_with(scene: Scene, route: Route) -> Headers:
    wanted = route.permission
    return await _app_of_the_owner(scene, [wanted] if wanted in FOR_KEYS else FOR_APPS)


async def _app_without(scene: Scene, route: Route) -> Headers:
    return await _app_of_the_owner(
        scene, [each for each in ("catalog:read", "pricing:read") if each != route.permission]
    )


async def _app_of_the_owner(scene: Scene, scopes: Sequence[str]) -> Headers:
    """Somebody who may do everything; the app may not. What is theirs they have made themselves."""
    scene.made["in person"] = await scene.customer("", "owner")
    return {"Authorization": (await scene.app(scene.made["in person"], *scopes))["Authorization"]}


async def _wrong_key(_scene: Scene, _route: Route) -> Headers:
    return {"Authorization": "Bearer shopkey_" + "x" * 43}


ASKERS = (
    Asker("nobody", _nothing),
    Asker("guest", _guest),
    Asker("customer", _customer, is_customer=True),
    Asker("staff without", _staff_without, is_customer=True),
    Asker("staff with", _staff_with, is_customer=True),
    Asker("owner", _owner, is_customer=True),
    Asker("key without", _key_without),
    Asker("key with", _key_with),
    Asker("app without", _app_without, is_customer=True),
    Asker("app with", _app_with, is_customer=True),
    Asker("wrong key", _wrong_key),
)

AUTHORIZE = "/oauth/authorize"
OWNED = frozenset({"order_id", "address_id", "session_id", "client_id", "passkey_id", "method_id"})
"""What belongs to somebody, so that it can be another's."""

BODIES: Mapping[str, Any] = {
    "POST /admin/webhook-endpoints": {"url": NOWHERE},
    "POST /cart/items": {"sku": "CAP", "quantity": 1},
    "POST /cart/checkout": {**ORDER, "payment": {"method": "ok"}},
}
"""Where the example of the document names goods of another shop."""

QUERIES: Mapping[str, Mapping[str, str]] = {"GET /products/search": {"q": "cap"}}

WITH_GOODS = frozenset({"/cart", "/cart/shipping-methods", "/cart/coupons", "/cart/coupons/{code}", "/cart/checkout"})
"""Where a customer needs something in their cart."""

KNOWN = {"POST /admin/staff": "grace", "POST /admin/customers/search": "ada"}
"""Whom the examples of the document name."""


async def asked(scene: Scene, route: Route, asker: Asker, whose: str) -> httpx.Response:
    """Ask once. Everything that the request names is new, so that no cell depends on another."""
    scene.forget_tries()
    headers = dict(await asker.headers(scene, route))
    headers.pop("x-id", None)
    person = {name: value for name, value in scene.made.pop("in person", headers).items() if name != "x-id"}
    name = f"{route.method} {route.address}"
    names = {
        each: ABSENT if whose == NOT_THERE else await _made(scene, route, each, asker, whose, person)
        for each in route.names
    }
    if asker.is_customer and route.address in WITH_GOODS:
        await scene.client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=person)
    if name in KNOWN and not scene.made.get(name):
        scene.made[name] = await scene.customer(KNOWN[name])
    body = BODIES.get(name, None if route.operation is None else route.operation.example)
    body = None if route.method == "GET" else body
    if name == "POST /admin/webhook-endpoints":
        body = {"url": f"{NOWHERE}{uuid.uuid4()}"}  # an address has one endpoint
    if route.method != "GET":
        headers["Idempotency-Key"] = str(uuid.uuid4())
    question = await _question(scene) if route.address == AUTHORIZE else {}
    is_form = route.operation is not None and route.operation.oauth
    return await scene.client.request(
        route.method,
        route.address.format(**names),
        params=QUERIES.get(name, question if route.method == "GET" else None),
        headers=headers,
        data=body if is_form else None,
        json=body | question if question and body else None if is_form else body,
    )


async def _question(scene: Scene) -> Mapping[str, str]:
    """What an app asks, which is registered: the example of the document with its id."""
    (example,) = [
        one.operation.example for one in routes() if one.operation and one.address == AUTHORIZE and one.operation.body
    ]
    client, _ = await scene.shop.as_(owner()).oauth.add_client(
        name="App", scopes=example["scope"].split(), redirect_uris=[example["redirect_uri"]], public=True
    )
    return {name: value for name, value in example.items() if name != "agreed"} | {"client_id": client.id}


async def _made(scene: Scene, route: Route, name: str, asker: Asker, whose: str, headers: Headers) -> str:
    maker = MAKERS["staff/customer_id" if route.path.startswith("/admin/staff") else name]
    if whose == THEIRS:
        return await maker(scene, headers if asker.is_customer and route.permission is None else None)
    scene.made.pop("order_id", None)
    return await maker(scene, None)


Cells = Mapping[tuple[str, str], httpx.Response]
"""What was answered, by whose it was that was asked for, and by who asked."""


async def walk(scene: Scene, route: Route) -> Cells:
    """Ask for everything, as everybody."""
    return {(whose, asker.name): await asked(scene, route, asker, whose) for whose in route.whose for asker in ASKERS}


def rows(route: Route, cells: Cells) -> list[str]:
    """The lines of the reference."""
    needs = f"`{route.permission}`" if route.permission else "public" if route.public else ""
    return [
        " | ".join(
            (
                f"| `{route.method} {route.address}`",
                needs,
                whose if route.names else "",
                *(str(cells[whose, asker.name].status_code) for asker in ASKERS),
            )
        )
        + " |"
        for whose in route.whose
    ]


def told(answer: httpx.Response) -> tuple[int, str, str]:
    """What an answer gives away."""
    if answer.status_code < 400:
        return answer.status_code, "", ""
    problem = answer.json()
    if "error" in problem:  # as clients are refused, by RFC 6749
        return answer.status_code, problem["error"], problem["error_description"]
    return answer.status_code, problem["code"], problem["detail"]


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "who-is-answered-what.md"

HEAD = """# Who is answered what

Every address, asked by every kind of actor, for something that is *theirs*, for *another's*, and for something that is
*not there*. The body is one that is right, such as the example of the OpenAPI document. What is another's is answered
as if it were not there. *Staff with* have just the permission that the address needs, *staff without* have others;
where no permission is needed, staff are customers. A *key with* has the permission, or where none is needed all that a
key can have. An *app with* acts for an owner, and has the scope of that permission, or where none is needed all that
there are; an *app without* acts for an owner too, and has other scopes. Staff that may hire or make roles and keys are
answered 403 for what they do not have themselves.

This page is written by `python -m tests.security.matrix`, and a test walks it again.
"""


def page(lines: Sequence[str]) -> str:
    """The whole page."""
    names = [asker.name for asker in ASKERS]
    head = f"| address | needs | whose | {' | '.join(names)} |"
    return "\n".join((HEAD, head, f"|{' --- |' * (3 + len(names))}", *lines, ""))


async def write() -> None:
    """Walk everywhere, in a shop for each address, and write the page anew."""
    lines: list[str] = []
    for route in routes():
        with TemporaryDirectory() as folder:
            async with scene_in(Path(folder)) as scene:
                lines += rows(route, await walk(scene, route))
    PAGE.write_text(page(lines), encoding="utf-8")


if __name__ == "__main__":
    logs.configure(level="error")
    asyncio.run(write())

"""Every address, asked by every kind of actor, for what is theirs, for what is another's, and for what is not there.

Nothing is listed by hand but what an address has in it: an address that is new is asked like all others, and where it
names something that this file does not know how to make, the walk fails.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from tests.http.conftest import ADDRESS, ORDER, PRODUCTS, client_of, settings_for
from tests.http.people import Person, joined

from shop_http import logs
from shop_http.app import ROUTES, create_app
from shop_http.openapi import OPERATION, Operation
from shopcore.access.model import FOR_PEOPLE_ONLY, PERMISSIONS
from shopcore.kernel.actor import Staff
from shopcore.shop import Shop, owner

ABSENT = "01910000-0000-7000-8000-000000000000"
FOR_KEYS = tuple(sorted(PERMISSIONS.keys() - FOR_PEOPLE_ONLY))

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


@dataclass
class Scene:
    """A shop with something of everything in it, made when it is asked for."""

    shop: Shop
    client: httpx.AsyncClient
    made: dict[str, Any] = field(default_factory=dict)

    async def cart(self) -> dict[str, str]:
        """A guest's cart, by its secret."""
        added = await self.client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
        return {"X-Cart-Token": added.headers["x-cart-token"]}

    async def order(self) -> tuple[str, dict[str, str]]:
        """A guest's order that is not paid, and the secret that shows it."""
        headers = {**await self.cart(), "Idempotency-Key": str(uuid.uuid4())}
        command = {**ORDER, "payment": {"method": "declined"}}
        bought = (await self.client.post("/cart/checkout", json=command, headers=headers)).json()
        return bought["order"]["id"], {"X-Order-Token": bought["order_token"]}

    async def customer(self) -> Person:
        """Somebody new who has an account."""
        return await joined(self.client, self.shop, f"{uuid.uuid4()}@example.com")

    async def bought_by(self, person: Person) -> str:
        """An order of a customer's that is not paid."""
        await person.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
        command = {**ORDER, "payment": {"method": "declined"}}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        bought = await person.ask("POST", "/cart/checkout", json=command, headers=key)
        return str(bought.json()["order"]["id"])

    async def key(self, *permissions: str) -> dict[str, str]:
        """The header of an API key."""
        _, secret = await self.shop.as_(owner()).access.create_api_key(name="Matrix", permissions=permissions)
        return {"Authorization": f"Bearer {secret}"}

    async def variant(self) -> str:
        """Something that is in the carts made here."""
        found = await self.client.get("/products/wool-cap")
        identity: str = found.json()["variants"][0]["id"]
        return identity


Headers = Mapping[str, str]


@dataclass(frozen=True)
class Asker:
    """A kind of actor: the headers they send for a route, given an order that is theirs where they can have one."""

    name: str
    headers: Callable[[Scene, Route], Awaitable[Headers]]


async def _nothing(_scene: Scene, _route: Route) -> Headers:
    return {}


async def _guest(scene: Scene, _route: Route) -> Headers:
    scene.made["order_id"], proof = await scene.order()
    return {**await scene.cart(), **proof}


async def _customer(scene: Scene, route: Route) -> Headers:
    person = await scene.customer()
    scene.made["person"] = person
    if "order_id" in route.names:
        scene.made["order_id"] = await scene.bought_by(person)
    await person.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    return person.headers


async def _key_with(scene: Scene, route: Route) -> Headers:
    wanted = route.permission
    return await scene.key(*([wanted] if wanted in FOR_KEYS else FOR_KEYS))


async def _key_without(scene: Scene, route: Route) -> Headers:
    return await scene.key(*(each for each in ("catalog:read", "pricing:read") if each != route.permission))


async def _wrong_key(_scene: Scene, _route: Route) -> Headers:
    return {"Authorization": "Bearer shopkey_" + "x" * 43}


ASKERS = (
    Asker("nobody", _nothing),
    Asker("guest", _guest),
    Asker("customer", _customer),
    Asker("key without", _key_without),
    Asker("key with", _key_with),
    Asker("wrong key", _wrong_key),
)


async def _order_id(scene: Scene, whose: str) -> str:
    if whose == THEIRS and "order_id" in scene.made:
        return str(scene.made["order_id"])
    return (await scene.order())[0]


async def _owner_of(scene: Scene, whose: str) -> Person:
    """Whoever asks, where they can have what is theirs; else somebody else."""
    person = scene.made.get("person")
    return person if whose == THEIRS and isinstance(person, Person) else await scene.customer()


async def _address_id(scene: Scene, whose: str) -> str:
    added = await (await _owner_of(scene, whose)).ask("POST", "/me/addresses", json=ADDRESS)
    return str(added.json()["id"])


async def _session_id(scene: Scene, whose: str) -> str:
    listed = await (await _owner_of(scene, whose)).ask("GET", "/auth/sessions")
    return str(listed.json()["items"][0]["id"])


async def _role(scene: Scene, _whose: str) -> str:
    await scene.shop.as_(owner()).access.put_role(name="packer", permissions=["orders:read"])
    return "packer"


async def _key_id(scene: Scene, _whose: str) -> str:
    maker = scene.shop.as_(Staff(name="maker", permissions=frozenset({"api_keys:write", "catalog:read"})))
    key, _ = await maker.access.create_api_key(name="Some", permissions=["catalog:read"])
    return key.id


async def _variant_id(scene: Scene, _whose: str) -> str:
    return await scene.variant()


def _always(value: str) -> Callable[[Scene, str], Awaitable[str]]:
    async def given(_scene: Scene, _whose: str) -> str:
        return value

    return given


MAKERS: Mapping[str, Callable[[Scene, str], Awaitable[str]]] = {
    "order_id": _order_id,
    "address_id": _address_id,
    "session_id": _session_id,
    "name": _role,
    "key_id": _key_id,
    "variant_id": _variant_id,
    "id_or_slug": _always("wool-cap"),
    "slug": _always("hats"),
    "code": _always("WELCOME"),
    "gateway": _always("bogus"),
    "charge_id": _always(ABSENT),
}
"""How what an address names is made."""

BODIES: Mapping[str, Any] = {
    "POST /cart/items": {"sku": "CAP", "quantity": 1},
    "POST /cart/checkout": {**ORDER, "payment": {"method": "ok"}},
}
"""Where the example of the document names goods of another shop."""

QUERIES: Mapping[str, Mapping[str, str]] = {"GET /products/search": {"q": "cap"}}

OWNED = frozenset({"order_id", "address_id", "session_id"})
"""What belongs to somebody, so that it can be another's."""


async def asked(scene: Scene, route: Route, asker: Asker, whose: str) -> httpx.Response:
    """Ask once. Everything that the request names is new, so that no cell depends on another."""
    scene.made.clear()
    headers = dict(await asker.headers(scene, route))
    names = {name: ABSENT if whose == NOT_THERE else await MAKERS[name](scene, whose) for name in route.names}
    name = f"{route.method} {route.address}"
    body = BODIES.get(name, None if route.operation is None else route.operation.example)
    if route.method != "GET":
        headers["Idempotency-Key"] = str(uuid.uuid4())
    return await scene.client.request(
        route.method,
        route.address.format(**names),
        params=QUERIES.get(name),
        headers=headers,
        json=body if route.method != "GET" else None,
    )


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
    return answer.status_code, problem["code"], problem["detail"]


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "who-is-answered-what.md"

HEAD = """# Who is answered what

Every address, asked by every kind of actor, for something that is *theirs*, for *another's*, and for something that is
*not there*. The body is one that is right, such as the example of the OpenAPI document. What is another's is answered
as if it were not there. A key *with* has the permission that the address needs, or where it needs none all that a key
can have; a key *without* has others.

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


@asynccontextmanager
async def scene_in(folder: Path) -> AsyncGenerator[Scene]:
    """A stocked shop, and a client of it."""
    async with Shop.open(settings_for(folder)) as shop:
        await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
        async with client_of(create_app(shop)) as client:
            yield Scene(shop, client)


if __name__ == "__main__":
    logs.configure(level="error")
    asyncio.run(write())

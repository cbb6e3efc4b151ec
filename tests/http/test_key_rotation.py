"""Keys are exchanged under load: two servers of one shop, started again one after the other, and nobody notices."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from tests.authenticators import ORIGIN, an_authenticator
from tests.http.conftest import ADDRESS, ORDER, PRODUCTS, client_of, settings_for
from tests.http.people import PASSWORD, Person, bearer, joined, mails
from tests.kept import STORES, kept_in, leave_empty

from shopcore.identity.model import Assertion, Attestation
from shopcore.shop import Settings, Shop, owner

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

SEALING = {"k1": b"1" * 32, "k2": b"2" * 32}
INDEX, SIGNING = (b"i" * 32, b"j" * 32), (b"s" * 32, b"t" * 32)
JWT = ("the first key of access tokens, long", "the second key of access tokens, long")


Order = tuple[int, ...]


def keys(settings: Settings, data: Order, tokens: Order) -> Settings:
    """The settings of a process with these of the keys, in this order: of what is stored, and of what is signed."""
    return replace(
        settings,
        sealing_keys={f"k{number + 1}": SEALING[f"k{number + 1}"] for number in data},
        index_key=tuple(INDEX[number] for number in data),
        signing_key=tuple(SIGNING[number] for number in tokens),
        jwt_key=tuple(JWT[number] for number in tokens),
    )


OLD, BEHIND, IN_FRONT, NEW = (0,), (0, 1), (1, 0), (1,)


class Server:
    """One of the shop's, which can be started again with other keys."""

    def __init__(self, settings: Settings, *, own_jwt_key: bool = True) -> None:
        self._settings = settings
        self._own_jwt_key = own_jwt_key
        self._stack = AsyncExitStack()
        self.shop: Shop
        self.client: httpx.AsyncClient

    async def start(self, data: Order, tokens: Order) -> None:
        self.shop = await self._stack.enter_async_context(Shop.open(self._with(data, tokens)))
        self.client = await self._stack.enter_async_context(client_of(self.shop))

    def _with(self, data: Order, tokens: Order) -> Settings:
        held = keys(self._settings, data, tokens)
        return held if self._own_jwt_key else replace(held, jwt_key=None)

    async def stop(self) -> None:
        await self._stack.aclose()


class Visitors:
    """Guests who buy and customers who sign in and look, at whichever server is up, without a pause."""

    def __init__(self, servers: list[Server], person: Person) -> None:
        self.servers = servers
        self.person = person
        self.answers: Counter[tuple[str, int]] = Counter()
        self.tokens: list[str] = []
        self._turn = 0

    def client(self) -> httpx.AsyncClient:
        self._turn += 1
        return self.servers[self._turn % len(self.servers)].client

    async def ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        answer = await self.client().request(method, path, **sent)
        self.answers[f"{method} {path.split('?', maxsplit=1)[0]}", answer.status_code] += 1
        return answer

    async def come(self) -> None:
        """One round: a purchase, a sign-in and what it opens, a refresh, a new account, a forgotten password."""
        cart = await self.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
        token = {"X-Cart-Token": cart.headers["x-cart-token"]}
        await self.ask("GET", "/cart", headers=token)
        key = {"Idempotency-Key": str(uuid.uuid4())}
        bought = await self.ask(
            "POST", "/cart/checkout", json=ORDER | {"payment": {"method": "ok"}}, headers=token | key
        )
        order = bought.json()
        proof = {"X-Order-Token": order["order_token"]}
        await self.ask("GET", "/orders", headers=bearer(self.person.tokens["access_token"]))
        shown = await self.client().get(f"/orders/{order['order']['id']}", headers=proof)
        self.answers["GET /orders/{id}", shown.status_code] += 1
        entered = await self.ask("POST", "/auth/login", json={"email": self.person.email, "password": PASSWORD})
        await self.ask("GET", "/me", headers=bearer(entered.json()["access_token"]))
        self.tokens.append(entered.json()["refresh_token"])
        again = await self.ask("POST", "/auth/refresh", json={"refresh_token": self.tokens.pop(0)})
        self.tokens.append(again.json()["refresh_token"])
        page = await self.ask("GET", "/products?limit=2")
        await self.ask("GET", f"/products?limit=2&cursor={page.json()['next_cursor']}")
        email = f"{uuid.uuid4().hex}@post.example"
        await self.ask("POST", "/auth/register", json={"email": email, "password": PASSWORD})
        await self.ask("POST", "/auth/password/forgot", json={"email": self.person.email})


@pytest.fixture(params=STORES)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Settings]:
    where = kept_in(request, request.param) or {"store_url": f"sqlite:///{tmp_path / 'shop.db'}"}
    chosen = settings_for(tmp_path, **where, bogus_file=str(tmp_path / "bogus.db"))
    yield chosen
    await leave_empty(chosen)


async def restart(visitors: Visitors, settings: Settings, data: Order, tokens: Order) -> None:
    """As behind a balancer: one is started beside the others, then an old one ends; and again."""
    for place in range(2):
        fresh = Server(settings)
        await fresh.start(data, tokens)
        old, visitors.servers[place] = visitors.servers[place], fresh
        await visitors.come()
        await old.stop()


async def test_rotation_under_load_fails_nobody(settings: Settings) -> None:
    """Every answer is the one that it would have been: who was signed in still is, by tokens that the old keys made; a
    link that was mailed before works after; an address that is taken stays taken; and nothing needs the old keys.
    """
    servers = [Server(settings), Server(settings)]
    for server in servers:
        await server.start(OLD, OLD)
    shop = servers[0].shop
    await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
    ada = await joined(servers[0].client, shop)
    bob = await joined(servers[0].client, shop, "bob@post.example")
    await ada.ask("POST", "/me/addresses", json=ADDRESS)
    await servers[0].client.post("/auth/password/forgot", json={"email": bob.email})
    link = next(mail.token for mail in await mails(shop) if mail.to == bob.email and "/reset-password" in mail.text)
    visitors = Visitors(servers, ada)
    await visitors.come()

    await restart(visitors, settings, BEHIND, BEHIND)
    await restart(visitors, settings, IN_FRONT, IN_FRONT)
    rotating = asyncio.ensure_future(servers[0].shop.as_(owner()).privacy.rotate_keys())
    while not rotating.done():
        await visitors.come()
    await restart(visitors, settings, NEW, IN_FRONT)
    again = await servers[0].client.post("/auth/refresh", json={"refresh_token": ada.tokens["refresh_token"]})
    ada.tokens = again.json()
    reset = {"token": link, "password": "a quite different engine"}
    was_reset = await servers[1].client.post("/auth/password/reset", json=reset)
    visitors.tokens.clear()
    await restart(visitors, settings, NEW, NEW)

    taken = await servers[0].client.post("/auth/register", json={"email": ada.email, "password": "another 1 of hers"})
    subjects = [mail.subject for mail in await mails(servers[1].shop) if mail.to == ada.email]
    entered = await servers[1].client.post("/auth/login", json={"email": bob.email, "password": reset["password"]})
    shown = await servers[0].client.get("/me/export", headers=ada.headers)
    public = (await servers[0].client.get("/.well-known/jwks.json")).json()["keys"]
    for server in servers:
        await server.stop()

    assert {answer: count for answer, count in visitors.answers.items() if answer[1] >= 400} == {}
    assert len(visitors.answers) == 11
    assert [(use.kind, use.first, use.values > 0) for use in await rotating] == [
        ("SEALING_KEYS", True, True),
        ("SEALING_KEYS", False, False),
        ("INDEX_KEY", True, True),
        ("INDEX_KEY", False, False),
    ]
    assert [answer.status_code for answer in (again, was_reset, taken, entered, shown)] == [200, 204, 202, 200, 200]
    assert subjects.count("You have an account already") == 1
    assert shown.json()["addresses"][0]["line1"] == ADDRESS["line1"]
    assert len(public) == 1


def cookies(answer: httpx.Response) -> dict[str, str]:
    """What a browser sends back over HTTPS."""
    return {"Cookie": "; ".join(set_.partition(";")[0] for set_ in answer.headers.get_list("set-cookie"))}


def as_sent(made: Attestation | Assertion) -> dict[str, Any]:
    """What an authenticator has made."""
    fields = msgspec.to_builtins(made)
    return {"id": fields.pop("credential"), **fields}


async def lock_out(server: Server, email: str) -> None:
    """Guess until nobody whose device is not known may try."""
    answers = 0
    while (await server.client.post("/auth/login", json={"email": email, "password": "wrong"})).status_code != 429:
        answers += 1
        assert answers < 20


@pytest.mark.parametrize("own_jwt_key", [True, False], ids=["JWT_KEY", "no JWT_KEY"])
async def test_what_one_server_signs_is_good_at_another_whichever_key_is_in_front(
    tmp_path: Path, own_jwt_key: bool
) -> None:
    """In the second step, from the first to the last: cookies and pages, known devices, passkeys, tokens."""
    settings = settings_for(tmp_path, store_url=f"sqlite:///{tmp_path / 'shop.db'}", app_url=ORIGIN)
    before, after = Server(settings, own_jwt_key=own_jwt_key), Server(settings, own_jwt_key=own_jwt_key)
    await before.start(OLD, BEHIND)
    await after.start(OLD, IN_FRONT)
    people = [await joined(before.client, before.shop, "ada@post.example"), await joined(after.client, after.shop)]
    for (here, there), person in zip(((before, after), (after, before)), people, strict=True):
        at_there = Person(there.client, there.shop, person.email, person.tokens)
        assert (await at_there.ask("GET", "/me")).status_code == 200

        key = an_authenticator()
        options = await person.ask("POST", "/auth/passkeys/options")
        added = await at_there.ask(
            "POST", "/auth/passkeys", json={"name": "mine", **as_sent(key.make(options.json()["public_key"]))}
        )
        assert added.status_code == 201, added.text
        asked = await here.client.post("/auth/passkeys/sign-in/options")
        shown = as_sent(key.use(asked.json()["public_key"]))
        entered = await there.client.post("/auth/passkeys/sign-in", json=shown)
        assert entered.status_code == 200, entered.text

        known = {"X-Device-Token": (await person.login()).json()["device_token"]}
        await lock_out(there, person.email)
        assert (await at_there.login()).status_code == 429
        credentials = {"email": person.email, "password": PASSWORD}
        again = await there.client.post("/auth/login?session=cookie", json=credentials, headers=known)
        assert again.status_code == 200, again.text

        browser, page = cookies(again), {"X-CSRF-Token": again.json()["csrf_token"]}
        forged = await here.client.patch("/me", json={"name": "Ada"}, headers=browser)
        renamed = await here.client.patch("/me", json={"name": "Ada"}, headers=browser | page)
        refreshed = await here.client.post("/auth/refresh?session=cookie", headers=browser | page)
        assert [answer.status_code for answer in (forged, renamed, refreshed)] == [403, 200, 200], renamed.text
    for server in (before, after):
        await server.stop()

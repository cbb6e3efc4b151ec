"""A shop with something of everything in it, and somebody of every kind: made when it is asked for, always new."""

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
from msgspec.structs import replace
from tests.http.conftest import ADDRESS, ORDER, PRODUCTS, client_of, settings_for
from tests.purses import Purses

from shopcore.access.model import FOR_PEOPLE_ONLY, PERMISSIONS
from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.delegation.model import ClientProof
from shopcore.identity.model import Account, Device, Mailing, Passkey
from shopcore.identity.model.access import claims_of
from shopcore.identity.model.mailings import leaving_token
from shopcore.identity.model.sessions import lend_session, open_session
from shopcore.kernel.actor import Customer, Guest, Own
from shopcore.kernel.ids import CustomerId, PasskeyId, SessionId
from shopcore.kernel.jobs import NewJob
from shopcore.oauth.model.consents import widened
from shopcore.payments.model import Difference, Kind, Standing, Wallet
from shopcore.payments.ports import MethodKeeper
from shopcore.shop import Shop, owner

NOWHERE = "https://127.0.0.1:9/"
"""Where nothing is sent: it is not public."""

ABSENT = "01910000-0000-7000-8000-000000000000"
FOR_KEYS = tuple(sorted(PERMISSIONS.keys() - FOR_PEOPLE_ONLY))
FOR_APPS = (*FOR_KEYS, *Own)

Headers = Mapping[str, str]


@dataclass
class Scene:
    """A shop with something of everything in it, made when it is asked for."""

    shop: Shop
    client: httpx.AsyncClient
    made: dict[str, Any] = field(default_factory=dict)

    def forget_tries(self) -> None:
        """Nobody has tried to guess anything."""
        assert isinstance(self.shop.limiter, LocalLimiter)
        self.shop.limiter._counters.clear()

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

    async def key(self, *permissions: str) -> dict[str, str]:
        """The header of an API key."""
        _, secret = await self.shop.as_(owner()).access.create_api_key(name="Matrix", permissions=permissions)
        return {"Authorization": f"Bearer {secret}"}

    async def customer(self, name: str = "", *roles: str) -> dict[str, str]:
        """The header of somebody with an account, who works here if they have roles. Nothing of it goes by mail."""
        now, identity = self.shop.clock.now(), CustomerId(self.shop.new_id())
        account = Account(
            id=identity, email=f"{name or identity}@example.com", name="Ada", created_at=now, verified_at=now
        )
        session = open_session(SessionId(self.shop.new_id()), identity, Device(), ("pwd",), now)
        await self.shop._store.accounts.add(account)
        await self.shop._store.sessions.add(session)
        if roles:
            await self.shop.as_(owner()).people.add_colleague(email=account.email, roles=roles)
        token = self.shop._world.access_tokens.issue(claims_of(session, now))
        return {"Authorization": f"Bearer {token}", "x-id": identity}

    async def app(self, person: Headers, *scopes: str) -> dict[str, str]:
        """The header of an app that acts for somebody, with these scopes."""
        client, _ = await self.shop.as_(owner()).oauth.add_client(
            name="App", scopes=scopes, redirect_uris=["com.example.app:/back"], public=True
        )
        came = await self.shop.authenticate(Guest(), person["Authorization"].removeprefix("Bearer "))
        assert isinstance(came, Customer)
        assert came.sign_in is not None
        now, store = self.shop.clock.now(), self.shop._store
        lender = await store.sessions.get(came.sign_in.session_id)
        lent = lend_session(SessionId(self.shop.new_id()), lender, client.id, client.name, client.scopes, now)
        await store.sessions.add(lent)
        await store.consents.put(
            widened(None, lent.customer_id, client.id, client.scopes, now, redirect=client.redirect_uris[0])
        )
        token = self.shop._world.access_tokens.issue(claims_of(lent, now))
        return {"Authorization": f"Bearer {token}", "x-client": client.id}

    async def system(self) -> dict[str, str]:
        """The header of an integration that came by OAuth."""
        client, secret = await self.shop.as_(owner()).oauth.add_client(name="System", scopes=FOR_KEYS)
        proof = ClientProof(client_id=client.id, secret=secret)
        issued = await self.shop.as_(Guest()).oauth.issue_client_token(client=proof)
        return {"Authorization": f"Bearer {issued.access_token}"}

    async def staff(self, *permissions: str) -> dict[str, str]:
        """Somebody who works here and may do just this."""
        await self.shop.as_(owner()).access.put_role(name="just-this", permissions=permissions)
        return await self.customer("", "just-this")

    async def order_of(self, headers: Headers) -> str:
        """An order of a customer that is not paid."""
        await self.client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=headers)
        command = {**ORDER, "payment": {"method": "declined"}}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        bought = await self.client.post("/cart/checkout", json=command, headers={**headers, **key})
        identity: str = bought.json()["order"]["id"]
        return identity


@asynccontextmanager
async def scene_in(folder: Path) -> AsyncGenerator[Scene]:
    """A stocked shop, and a client of it."""
    async with Shop.open(settings_for(folder)) as shop:
        await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
        async with client_of(shop) as client:
            yield Scene(shop, client)


Owner = Mapping[str, str]
"""Whose a thing is to be: the headers of a customer."""


async def _order_id(scene: Scene, whose: Owner | None) -> str:
    if whose is None:
        return str(scene.made.pop("order_id", None) or (await scene.order())[0])
    return await scene.order_of(whose)


async def _address_id(scene: Scene, whose: Owner | None) -> str:
    added = await scene.client.post("/me/addresses", json=ADDRESS, headers=whose or await scene.customer())
    identity: str = added.json()["id"]
    return identity


async def _session_id(scene: Scene, whose: Owner | None) -> str:
    listed = await scene.client.get("/auth/sessions", headers=whose or await scene.customer())
    identity: str = listed.json()["items"][0]["id"]
    return identity


async def _passkey_id(scene: Scene, whose: Owner | None) -> str:
    shown = await scene.client.get("/me", headers=whose or await scene.customer())
    owner_of_it, identity = CustomerId(shown.json()["id"]), PasskeyId(scene.shop.new_id())
    passkey = Passkey(id=identity, credential=identity, public_key=b"", name="A key", created_at=scene.shop.clock.now())
    await scene.shop._store.accounts.update(owner_of_it, lambda held: replace(held, passkeys=(passkey,)))
    return identity


async def _method_id(scene: Scene, whose: Owner | None) -> str:
    """Of the pretend bank, which keeps none; purses stand in for it here."""
    shown = await scene.client.get("/me", headers=whose or await scene.customer())
    customer_id, purses, method = CustomerId(shown.json()["id"]), Purses(), scene.shop.new_id()
    reference = await purses.put(customer_id, method)
    cast("dict[str, MethodKeeper]", scene.shop._world.keepers)[purses.name] = purses
    now = scene.shop.clock.now()
    wallet = Wallet(customer_id=customer_id, gateway=purses.name, reference=reference, opened_at=now)
    await scene.shop._store.wallets.add(wallet)
    return method


async def _variant_id(scene: Scene, whose: Owner | None) -> str:
    if whose is not None:
        await scene.client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=whose)
    found = await scene.client.get("/products/wool-cap")
    identity: str = found.json()["variants"][0]["id"]
    return identity


async def _role(scene: Scene, _whose: Owner | None) -> str:
    await scene.shop.as_(owner()).access.put_role(name="packer", permissions=["orders:read"])
    return "packer"


async def _key_id(scene: Scene, _whose: Owner | None) -> str:
    made, _ = await scene.shop.as_(owner()).access.create_api_key(name="Some", permissions=["catalog:read"])
    return made.id


async def _client_id(scene: Scene, whose: Owner | None) -> str:
    return (await scene.app(whose or await scene.customer(), "profile"))["x-client"]


async def _customer_id(scene: Scene, _whose: Owner | None) -> str:
    return (await scene.customer())["x-id"]


async def _leaving_token(scene: Scene, _whose: Owner | None) -> str:
    customer_id = CustomerId((await scene.customer())["x-id"])
    return leaving_token(scene.shop._world.signer, Mailing.CART_REMINDER, customer_id)


async def _colleague_id(scene: Scene, _whose: Owner | None) -> str:
    return (await scene.customer("", "support"))["x-id"]


async def _job_id(scene: Scene, _whose: Owner | None) -> str:
    store = scene.shop._store
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind="nothing")))
    return (await store.queue.page(None, None, 1)).items[0].id


async def _run_id(scene: Scene, _whose: Owner | None) -> str:
    return (await scene.shop.as_(owner()).reconciliations.request()).id


async def _difference_id(scene: Scene, _whose: Owner | None) -> str:
    """One that a comparison has found; it stays one, however often it is asked for."""
    found = Difference(kind=Kind.EXTRA, gateway="bogus", at=scene.shop._world.clock.now(), entry=f"paid/{uuid.uuid4()}")
    store = scene.shop._store
    await store.unit_of_work(lambda: store.reconciliations.put_standing(Standing(open=(found,))))
    return found.id


async def _endpoint_id(scene: Scene, _whose: Owner | None) -> str:
    webhooks = scene.shop.as_(owner()).webhooks
    for there in await webhooks.list_endpoints():  # a shop has no more than a few
        await webhooks.remove_endpoint(endpoint_id=there.id)
    endpoint, _ = await webhooks.create_endpoint(url=NOWHERE)
    return endpoint.id


async def _event_id(scene: Scene, _whose: Owner | None) -> str:
    """Of an order that is told to whoever was made before."""
    order_id, _ = await scene.order()
    await scene.shop.work_off()
    return f"evt_{order_id}_1"


def _always(value: str) -> Callable[[Scene, Owner | None], Awaitable[str]]:
    async def given(_scene: Scene, _whose: Owner | None) -> str:
        return value

    return given


MAKERS: Mapping[str, Callable[[Scene, Owner | None], Awaitable[str]]] = {
    "order_id": _order_id,
    "address_id": _address_id,
    "session_id": _session_id,
    "passkey_id": _passkey_id,
    "method_id": _method_id,
    "name": _role,
    "run_id": _run_id,
    "difference_id": _difference_id,
    "key_id": _key_id,
    "client_id": _client_id,
    "customer_id": _customer_id,
    "staff/customer_id": _colleague_id,
    "variant_id": _variant_id,
    "id_or_slug": _always("wool-cap"),
    "slug": _always("hats"),
    "code": _always("WELCOME"),
    "job_id": _job_id,
    "gateway": _always("bogus"),
    "endpoint_id": _endpoint_id,
    "event_id": _event_id,
    "provider": _always("generic"),
    "token": _leaving_token,
    "charge_id": _always(ABSENT),
    "parcel_id": _always(ABSENT),
    "refund_id": _always(ABSENT),
}
"""How what an address names is made."""

"""What a thief finds in the shop's file or database: nothing that says who somebody is, or would let them in."""

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.http.conftest import ADDRESS, PRODUCTS, client_of, settings_for
from tests.http.people import joined
from tests.security.loot import PLANTED, Loot, a_loot
from tests.security.test_second_factor import Authenticator

from shopcore.shop import Shop, owner

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

EMAIL, PASSWORD, NAME, DEVICE = "zerlina.quux@post.example", "xyzzy plugh plover", "Zerlina Quux", "Frobozz Telephone"


BUYER, BUYER_EMAIL, RETURN = "Gnusto Rezrov", "rezrov@post.example", "yomin"
METHODS = ("ok", "requires_action", "declined")


@pytest.fixture(params=["sqlite", "mongo"])
def loot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loot]:
    with a_loot(request.param, tmp_path / "store") as kept:
        yield kept


async def bought(shopper: httpx.AsyncClient, method: str, headers: dict[str, str]) -> list[str]:
    """Somebody fills a cart and orders: the secrets that they were given for it."""
    filled = await shopper.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=headers)
    cart = {"X-Cart-Token": filled.headers["x-cart-token"]} if "x-cart-token" in filled.headers else {}
    paid = {"method": method, "return_url": f"https://elsewhere.example/back?with={RETURN}"}
    to = {**ADDRESS, "name": BUYER, "line1": "Filfre Way 2", "phone": "+43 5550 4711"}
    command = {"email": BUYER_EMAIL, "shipping_address": to, "shipping_method": "standard", "payment": paid}
    placed = await shopper.post(
        "/cart/checkout", json=command, headers={**headers, **cart, "Idempotency-Key": str(uuid.uuid4())}
    )
    assert placed.status_code == 201, placed.text
    return [*cart.values(), *([placed.json()["order_token"]] if placed.json().get("order_token") else [])]


async def other_secrets(shop: Shop) -> list[str]:
    """What other systems show."""
    _, key = await shop.as_(owner()).access.create_api_key(name="Warehouse", permissions=["orders:read"])
    _, client = await shop.as_(owner()).oauth.add_client(name="System", scopes=["orders:read"])
    assert client is not None
    return [key, client]


async def test_a_copy_of_the_store_names_nobody(loot: Loot, tmp_path: Path) -> None:
    """Byte by byte, log, pretend bank and all; the same search finds what is not secret, and what was planted."""
    settings = settings_for(
        tmp_path, store_url=loot.url, bogus_file=str(loot.folder / "bogus.db"), write_timeout_seconds=10.0
    )
    async with Shop.open(settings) as shop:
        await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
        async with client_of(shop) as client:
            zerlina = await joined(client, shop, EMAIL, password=PASSWORD, name=NAME)
            await zerlina.ask("POST", "/me/addresses", json={**ADDRESS, "name": NAME, "line1": "Grue Lane 1"})
            await zerlina.ask("POST", "/me/email", json={"email": "new.quux@post.example", "password": PASSWORD})
            carried = [token for method in METHODS for token in await bought(client, method, {})]
            carried += [token for method in METHODS for token in await bought(client, method, zerlina.headers)]
            carried += await other_secrets(shop)
            totp = (await zerlina.ask("POST", "/auth/mfa/totp")).json()
            codes = Authenticator(totp["secret"])
            confirmed = await zerlina.ask("POST", "/auth/mfa/totp/confirm", json={"code": codes.code()})
            body = {"email": EMAIL, "password": PASSWORD, "otp": codes.code()}
            entered = (await client.post("/auth/login", json=body, headers={"User-Agent": DEVICE})).json()
            await shop.work_off()  # what is mailed of all that comes before what is asked for now
            await client.post("/auth/password/forgot", json={"email": EMAIL})
            mail = await zerlina.last_mail()
            await shop.as_(owner()).privacy.rotate_keys()
            again = await client.post("/auth/login", json={**body, "otp": codes.code()})
            found = await asyncio.to_thread(loot.read)
    lowered = found.lower()
    personal = [EMAIL, "zerlina", "quux", PASSWORD, "xyzzy", NAME, DEVICE, "Frobozz", "Grue Lane", "argon2id"]
    personal += [BUYER, BUYER_EMAIL, "gnusto", "rezrov", "Filfre Way", "5550 4711", RETURN]
    secrets = [
        *carried,
        *confirmed.json()["recovery_codes"],
        totp["secret"],
        entered["access_token"],
        entered["refresh_token"],
        entered["device_token"],
        mail.token,
        zerlina.tokens["refresh_token"],
    ]

    assert len(carried) == 3 * len(METHODS) + 2  # of each guest a cart's and an order's, of a customer an order's
    assert [text for text in (*personal, *secrets) if text.lower().encode() in lowered] == []
    assert b"wool cap" in lowered
    assert PLANTED in found
    assert again.status_code == 200

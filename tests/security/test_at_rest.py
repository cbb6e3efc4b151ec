"""What a thief finds in the shop's file: nothing that says who somebody is, or that would let them in."""

import asyncio
from pathlib import Path

import pytest
from tests.http.conftest import ADDRESS, PRODUCTS, client_of, settings_for
from tests.http.people import joined

from shop_http.app import create_app
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD, NAME, DEVICE = "zerlina.quux@post.example", "xyzzy plugh plover", "Zerlina Quux", "Frobozz Telephone"


async def test_a_copy_of_the_file_names_nobody(tmp_path: Path) -> None:
    """Searched byte by byte, log and all; the same search finds what is not secret."""
    settings = settings_for(tmp_path, store_url=f"sqlite:///{tmp_path / 'shop.db'}")
    async with Shop.open(settings) as shop:
        await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
        async with client_of(create_app(shop)) as client:
            zerlina = await joined(client, shop, EMAIL, password=PASSWORD, name=NAME)
            await zerlina.ask("POST", "/me/addresses", json={**ADDRESS, "name": NAME, "line1": "Grue Lane 1"})
            await zerlina.ask("POST", "/me/email", json={"email": "new.quux@post.example", "password": PASSWORD})
            totp = (await zerlina.ask("POST", "/auth/mfa/totp")).json()
            body = {"email": EMAIL, "password": PASSWORD}
            entered = (await client.post("/auth/login", json=body, headers={"User-Agent": DEVICE})).json()
            await client.post("/auth/password/forgot", json={"email": EMAIL})
            mail = await zerlina.last_mail()
            files = [tmp_path / "shop.db", tmp_path / "shop.db-wal"]
            found = b"".join(await asyncio.to_thread(lambda: [file.read_bytes() for file in files if file.exists()]))
    personal = [EMAIL, "zerlina", "quux", PASSWORD, "xyzzy", NAME, DEVICE, "Frobozz", "Grue Lane", "argon2id"]
    secrets = [
        totp["secret"],
        entered["access_token"],
        entered["refresh_token"],
        mail.token,
        zerlina.tokens["refresh_token"],
    ]

    assert [text for text in (*personal, *secrets) if text.lower().encode() in found.lower()] == []
    assert b"wool cap" in found.lower()

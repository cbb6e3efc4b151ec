"""What a thief finds in the shop's file or database: nothing that says who somebody is, or would let them in."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymongo
import pytest
from tests.http.conftest import ADDRESS, PRODUCTS, client_of, settings_for
from tests.http.people import joined
from tests.mongod import initiate, started

from shop_http.app import create_app
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD, NAME, DEVICE = "zerlina.quux@post.example", "xyzzy plugh plover", "Zerlina Quux", "Frobozz Telephone"


PLANTED = b"an unsealed confession of zork"
_LEGIBLE = ("--wiredTigerCollectionBlockCompressor", "none", "--wiredTigerJournalCompressor", "none")


@dataclass
class Loot:
    """Where a shop is kept, and everything that is written there."""

    url: str
    folder: Path

    def read(self) -> bytes:
        """Also what was written a moment ago, and not in the clear: the control."""
        if self.url.startswith("mongodb:"):
            with pymongo.MongoClient[dict[str, object]](self.url) as client:
                client["elsewhere"]["control"].insert_one({"planted": PLANTED.decode()})
                client.admin.command("fsync")
        else:
            (self.folder / "control").write_bytes(PLANTED)
        return b"".join(file.read_bytes() for file in self.folder.rglob("*") if file.is_file())


@pytest.fixture(params=["sqlite", "mongo"])
def loot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loot]:
    """A folder of its own; a server's is written without compression, so that it can be searched."""
    folder = tmp_path / "store"
    folder.mkdir()
    if request.param == "sqlite":
        yield Loot(f"sqlite:///{folder / 'shop.db'}", folder)
        return
    with started("--replSet", "shop", "--oplogSize", "64", *_LEGIBLE, folder=folder) as (_, port):
        initiate(port)
        yield Loot(f"mongodb://127.0.0.1:{port}/shop", folder)


async def test_a_copy_of_the_store_names_nobody(loot: Loot, tmp_path: Path) -> None:
    """Searched byte by byte, log and all; the same search finds what is not secret, and what was planted."""
    settings = settings_for(tmp_path, store_url=loot.url, write_timeout_seconds=10.0)
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
            await shop.as_(owner()).privacy.rotate_keys()
            again = await client.post("/auth/login", json=body)
            found = await asyncio.to_thread(loot.read)
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
    assert PLANTED in found
    assert again.status_code == 200

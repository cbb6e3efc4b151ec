"""Customers with passkeys, and the shop that they know by its name."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.authenticators import ORIGIN, an_authenticator
from tests.http.conftest import PRODUCTS, settings_for
from tests.http.people import Person, mails

from shopcore.identity.model import Assertion
from shopcore.shop import Shop, owner
from shopcore.testing.authenticator import HONEST, Authenticator, Lies

NOTHING: Mapping[str, str] = {}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncGenerator[Shop]:
    """One that customers know by a name, as passkeys need."""
    async with Shop.open(settings_for(tmp_path, app_url=ORIGIN)) as opened:
        await opened.as_(owner()).catalog.import_products(file=opened.product_file(PRODUCTS))
        yield opened


@dataclass
class Holder:
    """Somebody with a passkey."""

    person: Person
    key: Authenticator

    async def asked(self, **body: Any) -> dict[str, Any]:
        """What a browser is given to look for a passkey by."""
        answer = await self.person.client.post("/auth/passkeys/sign-in/options", json=body or None)
        assert answer.status_code == 200, answer.text
        options: dict[str, Any] = answer.json()["public_key"]
        return options

    async def enter(self, lies: Lies = HONEST, *, cart: str = "") -> httpx.Response:
        """Sign in with it alone."""
        return await self.show(self.key.use(await self.asked(), lies), {"X-Cart-Token": cart})

    async def show(self, assertion: Assertion, headers: Mapping[str, str] = NOTHING) -> httpx.Response:
        """Send what it has signed."""
        return await self.person.client.post("/auth/passkeys/sign-in", json=sent(assertion), headers=headers)


def sent(assertion: Assertion) -> dict[str, Any]:
    """As it is sent."""
    return {
        "id": assertion.credential,
        "client_data": assertion.client_data,
        "authenticator_data": assertion.authenticator_data,
        "signature": assertion.signature,
        "user_handle": assertion.user_handle,
    }


async def to_make(person: Person) -> dict[str, Any]:
    """What a browser is given to make a passkey from."""
    answer = await person.ask("POST", "/auth/passkeys/options")
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()["public_key"]
    return options


async def add(
    person: Person, key: Authenticator, lies: Lies = HONEST, *, name: str = "My telephone", **changes: str
) -> httpx.Response:
    """Add a passkey."""
    made = key.make(await to_make(person), lies)
    body = {
        "name": name,
        "id": made.credential,
        "client_data": made.client_data,
        "attestation_object": made.attestation_object,
        "transports": made.transports,
        **changes,
    }
    return await person.ask("POST", "/auth/passkeys", json=body)


async def with_passkey(person: Person, *, synced: bool = False) -> Holder:
    """Somebody who has just added one."""
    holder = Holder(person, an_authenticator(synced=synced))
    added = await add(person, holder.key)
    assert added.status_code == 201, added.text
    await mails(person.shop)  # of which one says so, and is sent before any that follows
    return holder


INVALID = (401, "invalid_passkey")

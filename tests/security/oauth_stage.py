"""An app, its customer and the shop, as the tests of OAuth have them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.http.conftest import client_of, settings_for
from tests.http.people import mails
from tests.kept import STORES, kept_in, leave_empty
from tests.security.scene import Scene

from shopcore.shop import Shop, owner

BACK = "https://app.example/back"


VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass
class Stage:
    """A shop, a customer, and a public app that they may let in."""

    shop: Shop
    client: httpx.AsyncClient
    customer: dict[str, str]
    app: dict[str, str] = field(default_factory=dict)

    async def add(self, *scopes: str, public: bool = True, back: tuple[str, ...] = (BACK,)) -> dict[str, str]:
        """Another client: its id, and its secret if it has one."""
        adding: dict[str, Any] = {"name": "App", "scopes": scopes, "public": public, "redirect_uris": back}
        client, secret = await self.shop.as_(owner()).oauth.add_client(**adding)
        return {"client_id": client.id} | ({} if secret is None else {"client_secret": secret})

    def question(self, **changes: str | None) -> dict[str, str]:
        """What the app asks; None leaves something out."""
        asked: dict[str, str | None] = {
            "client_id": self.app["client_id"],
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "profile",
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changes).items() if value is not None}

    async def decide(self, *, agreed: bool = True, **changes: Any) -> httpx.Response:
        """The customer answers."""
        body = {**self.question(**changes), "agreed": agreed}
        return await self.client.post("/oauth/authorize", json=body, headers=self.customer)

    async def code(self, **changes: str | None) -> str:
        """The customer lets the app; the code that it gets."""
        return sent_back(await self.decide(agreed=True, **changes))["code"]

    async def exchange(self, code: str, **changes: str) -> httpx.Response:
        """The app changes a code for tokens."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **self.app, **changes}
        return await self.client.post("/oauth/token", data=form)

    async def refresh(self, token: str, **changes: str) -> httpx.Response:
        """The app changes a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **self.app, **changes}
        return await self.client.post("/oauth/token", data=form)

    async def tokens(self, **changes: str | None) -> dict[str, Any]:
        """What the app has once it was let in."""
        answer = await self.exchange(await self.code(**changes))
        assert answer.status_code == 200, answer.text
        given: dict[str, Any] = answer.json()
        return given

    async def status(self, token: str, path: str = "/me") -> int:
        """How a token is answered."""
        return (await self.client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """What the app gets to know."""
    assert answer.status_code == 200, answer.text
    location: str = answer.json()["location"]
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}


def told(answer: httpx.Response) -> tuple[int, str]:
    """A refusal of RFC 6749, 5.2, whose form is checked."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error", "error_description"}
    assert ("www-authenticate" in answer.headers) is (answer.status_code == 401)
    return answer.status_code, answer.json()["error"]


async def subjects(stage: Stage) -> list[str]:
    """What the customer was told of by mail."""
    return [mail.subject for mail in await mails(stage.shop)]


@asynccontextmanager
async def staged(folder: Path, **settings: Any) -> AsyncGenerator[Stage]:
    async with Shop.open(settings_for(folder, **settings)) as shop, client_of(shop) as client:
        person = await Scene(shop, client).customer("grace")
        stage = Stage(shop, client, {"Authorization": person["Authorization"]})
        stage.app = await stage.add("profile", "orders")
        yield stage
    await leave_empty(shop.settings)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with staged(tmp_path) as ready:
        yield ready


@pytest.fixture(params=STORES)
async def kept_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Stage]:
    async with staged(tmp_path, **kept_in(request, request.param)) as ready:
        yield ready

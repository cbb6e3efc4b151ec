"""A client that is not ours, Authlib's, gets and uses tokens over loopback: what is standard about OAuth is so here."""

import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.common.security import generate_token  # type: ignore[import-untyped]
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata  # type: ignore[import-untyped]
from tests.http.conftest import client_of, serving, settings_for
from tests.kept import STORES, kept_in, leave_empty
from tests.security.scene import Scene

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

BACK = "http://127.0.0.1:49152/back"


@dataclass(frozen=True)
class Server:
    """A shop that is served, what it says of itself, and somebody who is signed in there."""

    shop: Shop
    metadata: dict[str, Any]
    customer: dict[str, str]

    async def registered(self, *scopes: str, public: bool = False, **more: Any) -> dict[str, Any]:
        """A client, as Authlib wants to know it."""
        adding = {"name": "An app", "scopes": scopes, "public": public, **more}
        client, secret = await self.shop.as_(owner()).oauth.add_client(**adding)
        method = {"token_endpoint_auth_method": "none"} if public else {}
        return {"client_id": client.id, "client_secret": secret, "scope": " ".join(scopes), **method}

    async def agreed(self, uri: str) -> str:
        """Where the customer is sent back to, once they have been asked and let the app."""
        async with httpx.AsyncClient(headers=self.customer) as browser:
            asked = (await browser.get(uri)).json()
            assert asked["location"] is None
            assert asked["consent"]["client_name"] == "An app"
            question = {name: value for name, (value,) in parse_qs(urlsplit(uri).query).items()}
            answer = await browser.post(uri.partition("?")[0], json={**question, "agreed": True})
            location: str = answer.json()["location"]
            return location


@pytest.fixture(params=STORES)
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Server]:
    """On each store. Its address is known beforehand, since it names itself by it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    kept = {"store_url": f"sqlite:///{tmp_path / 'shop.db'}"} | kept_in(request, request.param)
    settings = settings_for(tmp_path, app_url=f"http://127.0.0.1:{listening.getsockname()[1]}", **kept)
    async with Shop.open(settings) as shop:
        with serving(settings, listening=listening) as address:
            async with httpx.AsyncClient(base_url=address) as client:
                metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
                customer = await Scene(shop, client).customer()
            yield Server(shop, metadata, {"Authorization": customer["Authorization"]})
    await leave_empty(settings)


async def test_a_client_gets_tokens_by_a_code_refreshes_and_revokes_them(server: Server) -> None:
    """With PKCE, with a secret in the header; the address, the state and the issuer come back."""
    known = await server.registered("profile", "orders", redirect_uris=[BACK])
    verifier = generate_token(48)
    async with AsyncOAuth2Client(**known, redirect_uri=BACK, code_challenge_method="S256") as app:
        uri, state = app.create_authorization_url(server.metadata["authorization_endpoint"], code_verifier=verifier)
        back = await server.agreed(uri)
        given = await app.fetch_token(
            server.metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
        )
        profile = await app.get(f"{server.metadata['issuer']}/me")
        cart = await app.get(f"{server.metadata['issuer']}/cart")
        refreshed = await app.refresh_token(server.metadata["token_endpoint"], given["refresh_token"])
        again = await app.get(f"{server.metadata['issuer']}/orders")
        revoked = await app.revoke_token(server.metadata["revocation_endpoint"], token=refreshed["refresh_token"])
        late = await app.get(f"{server.metadata['issuer']}/me")

    answer = {name: value for name, (value,) in parse_qs(urlsplit(back).query).items()}
    assert (answer["state"], answer["iss"]) == (state, server.metadata["issuer"])
    assert back.startswith(BACK)
    assert (given["token_type"], given["scope"]) == ("Bearer", "orders profile")
    assert (profile.status_code, profile.json()["name"]) == (200, "Ada")
    assert (cart.status_code, cart.json()["code"]) == (403, "insufficient_scope")
    assert refreshed["refresh_token"] != given["refresh_token"]
    assert again.status_code == 200
    assert revoked.status_code == 200
    assert late.status_code == 401


async def test_an_app_without_a_secret_gets_tokens_on_any_port(server: Server) -> None:
    """As a program on a desk, which gets another port each time (RFC 8252, 7.3)."""
    known = await server.registered("profile", public=True, redirect_uris=["http://127.0.0.1/back"])
    verifier = generate_token(64)
    async with AsyncOAuth2Client(**known, redirect_uri=BACK, code_challenge_method="S256") as app:
        uri, state = app.create_authorization_url(server.metadata["authorization_endpoint"], code_verifier=verifier)
        back = await server.agreed(uri)
        endpoint = server.metadata["token_endpoint"]
        await app.fetch_token(endpoint, authorization_response=back, code_verifier=verifier, state=state)
        profile = await app.get(f"{server.metadata['issuer']}/me")

    assert profile.status_code == 200


async def test_an_integration_gets_a_token_by_its_secret_and_revokes_it(server: Server) -> None:
    """In the header or in the form; it can do what its scopes say, and nothing else."""
    known = await server.registered("audit:read")
    for method in ("client_secret_basic", "client_secret_post"):
        async with AsyncOAuth2Client(**known, token_endpoint_auth_method=method) as system:
            given = await system.fetch_token(server.metadata["token_endpoint"], grant_type="client_credentials")
            audit = await system.get(f"{server.metadata['issuer']}/admin/audit")
            roles = await system.get(f"{server.metadata['issuer']}/admin/roles")
            await system.revoke_token(server.metadata["revocation_endpoint"], token=given["access_token"])
            late = await system.get(f"{server.metadata['issuer']}/admin/audit")

        assert "refresh_token" not in given
        assert [audit.status_code, roles.status_code, late.status_code] == [200, 403, 401]


async def test_refusals_are_those_that_a_client_knows(server: Server) -> None:
    """Another secret, another scope, no such code: each by its name."""
    known = await server.registered("audit:read")
    endpoint = server.metadata["token_endpoint"]
    refused = []
    for changed, asked in (
        ({"client_secret": "shopsecret_false"}, {"grant_type": "client_credentials"}),
        ({"scope": "orders:read"}, {"grant_type": "client_credentials"}),
        ({}, {"grant_type": "password", "username": "ada", "password": "x"}),
        ({}, {"grant_type": "authorization_code", "code": "x", "code_verifier": "x" * 43}),
    ):
        async with AsyncOAuth2Client(**{**known, **changed}) as system:
            with pytest.raises(OAuthError) as told:
                await system.fetch_token(endpoint, **asked)
        refused.append(told.value.error)

    assert refused == ["invalid_client", "invalid_scope", "unsupported_grant_type", "unauthorized_client"]


async def test_the_metadata_are_as_the_standard_has_them(tmp_path: Path) -> None:
    """Of a shop that has its https address, as Authlib reads them."""
    async with client_of(settings_for(tmp_path, app_url="https://shop.example")) as client:
        answer = await client.get("/.well-known/oauth-authorization-server")

    AuthorizationServerMetadata(answer.json()).validate()
    assert answer.json()["code_challenge_methods_supported"] == ["S256"]
    assert answer.json()["authorization_response_iss_parameter_supported"] is True

"""Who lets apps in, for whom they act, and what they never do."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import problem_of
from tests.security.oauth_stage import BACK, Stage, stage, staged, told
from tests.security.scene import ABSENT, Scene

from shopcore.kernel.actor import App, Customer, Guest, Staff, StepUpRequired, require_step_up
from shopcore.kernel.errors import Forbidden, ShopError
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.testing.contracts.samples import NOON

__all__ = ["stage"]

pytestmark = pytest.mark.anyio


async def test_an_app_lets_in_no_app_and_is_no_browser(stage: Stage) -> None:
    """Its token is nothing in a cookie, and cannot agree to anything in the customer's name."""
    token = (await stage.tokens())["access_token"]
    stage.customer = {"Authorization": f"Bearer {token}"}
    agreed = await stage.decide(scope="orders")
    as_cookie = await stage.client.get("/me", headers={"Cookie": f"shop-access={token}"})

    assert (agreed.status_code, problem_of(agreed)["code"]) == (403, "not_for_apps")
    assert as_cookie.status_code == 401


async def test_a_page_of_somebody_else_cannot_agree(stage: Stage) -> None:
    """With the customer's cookies and without the token of their page; and a look alone gives no code."""
    token = stage.customer["Authorization"].removeprefix("Bearer ")
    stage.customer = {"Cookie": f"shop-access={token}"}
    forged = await stage.decide()
    looked = await stage.client.get("/oauth/authorize", params=stage.question(), headers=stage.customer)

    assert (forged.status_code, problem_of(forged)["code"]) == (403, "csrf_token_required")
    assert looked.json()["location"] is None
    assert looked.json()["consent"]["scopes"].keys() == {"profile"}


async def test_who_could_be_posed_as_asks_each_time(stage: Stage) -> None:
    """A public app at an address that any program can have (RFC 8252, 8.6); elsewhere once is enough, for the same."""
    stage.app = await stage.add("profile", "orders", back=(BACK, "com.example.app:/back"))
    await stage.code(redirect_uri="com.example.app:/back")

    async def is_asked(**changes: str) -> bool:
        asked = stage.question(**changes)
        headers = {**stage.customer, "Accept": "application/json"}
        shown = (await stage.client.get("/oauth/authorize", params=asked, headers=headers)).json()
        return shown["consent"] is not None

    assert await is_asked(redirect_uri="com.example.app:/back")
    assert await is_asked(), "they agreed to another address"
    await stage.code()
    assert not await is_asked()
    assert await is_asked(scope="profile orders")


async def test_a_browser_is_sent_to_the_merchant_s_page_and_nowhere_else(tmp_path: Path) -> None:
    """Signed in or not, with the question as it came; once nothing is left to ask, back to the app."""
    page = "https://shop.example/let-in"
    async with staged(tmp_path, oauth_consent_page=page) as stage:
        question = {**stage.question(), "more": "//evil.example"}
        stale = {"Cookie": "shop-access=x.y.z"}
        nobody, expired, somebody = [
            await stage.client.get("/oauth/authorize", params=question, headers=headers)
            for headers in ({}, stale, stage.customer)
        ]
        script = await stage.client.get("/oauth/authorize", params=question, headers={"Accept": "application/json"})
        await stage.code()
        settled = await stage.client.get("/oauth/authorize", params=question, headers=stage.customer)

    for answer in (nobody, expired, somebody):
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{page}?{httpx.QueryParams(question)}"
    assert script.status_code == 401
    assert (settled.status_code, settled.headers["location"].partition("?")[0]) == (303, BACK)
    assert settled.headers["referrer-policy"] == "no-referrer"


async def test_an_app_of_staff_gives_no_money_back() -> None:
    """However recent the sign-in is that it was lent from."""
    app = App(client_id="app", scopes=frozenset({"orders:refund"}))
    staff = Staff(name="grace", permissions=frozenset({"*"}), app=app)

    with pytest.raises(StepUpRequired):
        require_step_up(staff, NOON)


async def test_a_refund_by_an_app_is_refused_in_the_core(stage: Stage) -> None:
    """Without HTTP: the actor carries what it was given."""
    scene = Scene(stage.shop, stage.client)
    person = await scene.customer("owner", "owner")
    came = await stage.shop.authenticate(
        Guest(), (await scene.app(person, "orders:refund", "orders:read"))["Authorization"].removeprefix("Bearer ")
    )
    assert isinstance(came, Customer)
    staff = await stage.shop.admit_staff(came)
    acts = stage.shop.as_(staff)

    with pytest.raises(StepUpRequired):
        await acts.orders.refund(order_id=OrderId(ABSENT), reason="x")
    with pytest.raises(Forbidden):
        await acts.audit.list()


async def test_an_integration_has_what_its_maker_has_and_no_more(stage: Stage) -> None:
    """Nobody registers what they may not do themselves, and what makes others is for people only."""
    maker = Staff(name="m", permissions=frozenset({"oauth_clients:write", "orders:read"}))
    adding: dict[str, Any] = {"name": "System", "redirect_uris": (), "public": False}
    made, _ = await stage.shop.as_(maker).oauth.add_client(scopes=["orders:read"], **adding)
    refused = []
    for scopes in (["orders:write"], ["staff:write"], ["oauth_clients:write"], ["*"], ["profile"], []):
        with pytest.raises(ShopError) as told_so:
            await stage.shop.as_(maker).oauth.add_client(scopes=scopes, **adding)
        refused.append(told_so.value.code)

    assert made.scopes == ("orders:read",)
    assert refused == ["cannot_grant", *["invalid_input"] * 5]


async def test_a_client_acts_for_people_or_for_itself(stage: Stage) -> None:
    """An app with a secret cannot take for itself what people let it do, and an integration has nobody to ask."""
    app = await stage.add("orders:read", public=False)
    system = await stage.add("orders:read", public=False, back=())
    as_itself = await stage.client.post("/oauth/token", data={"grant_type": "client_credentials", **app})
    code = await stage.exchange("x", **system)
    asked = await stage.decide(client_id=system["client_id"])

    assert told(as_itself) == told(code) == (400, "unauthorized_client")
    assert (asked.status_code, problem_of(asked)["code"]) == (422, "unauthorized_client")


async def test_nothing_that_is_secret_is_kept(tmp_path: Path) -> None:
    """Neither a secret, nor a code, nor a token stands in the shop's file in the clear."""
    file = tmp_path / "shop.db"
    async with staged(tmp_path, store_url=f"sqlite:///{file}") as stage:
        known = await stage.add("profile", public=False)
        code = await stage.code()
        given = (await stage.exchange(code)).json()
    kept = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.glob("shop.db*")))

    assert stage.app["client_id"].encode() in kept
    for secret in (known["client_secret"], code, given["access_token"], given["refresh_token"]):
        assert secret.encode() not in kept
    assert hashlib.sha256(known["client_secret"].encode()).hexdigest().encode() in kept


async def test_who_is_forgotten_leaves_no_consent(stage: Stage) -> None:
    await stage.tokens()
    identity = (await stage.client.get("/me", headers=stage.customer)).json()["id"]
    erased = await stage.client.delete("/me", headers=stage.customer)

    assert erased.status_code == 204
    assert list(await stage.shop._store.consents.of_customer(CustomerId(identity))) == []

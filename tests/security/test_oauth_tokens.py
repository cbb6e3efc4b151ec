"""Secrets and tokens of OAuth: who shows them, how long they are good, and what ends them."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from tests.http.conftest import problem_of
from tests.security.oauth_stage import BACK, Stage, kept_stage, stage, subjects, told
from tests.security.scene import Scene

from shopcore.oauth.model.grants import TOKEN_LIFETIME
from shopcore.shop import owner

__all__ = ["kept_stage", "stage"]

pytestmark = pytest.mark.anyio


async def test_a_client_that_has_a_secret_shows_it(stage: Stage) -> None:
    """None, another, that of another, an empty one, and one for a client that has none."""
    code = await stage.code()
    public, stage.app = stage.app, await stage.add("profile", public=False)
    other = await stage.add("profile", public=False)
    for shown in ({"client_secret": ""}, {"client_secret": "x"}, {"client_secret": other["client_secret"]}):
        assert told(await stage.exchange(code, **shown)) == (401, "invalid_client")
    assert told(await stage.exchange(code, client_id="")) == (401, "invalid_client")
    stage.app = public

    assert told(await stage.exchange(code, client_secret="x")) == (401, "invalid_client")


async def test_a_secret_has_no_place_in_an_address(stage: Stage) -> None:
    """Nor has anything else: an address is in every log on the way."""
    stage.app = await stage.add("audit:read", public=False, back=())
    form = {"grant_type": "client_credentials", **stage.app}

    assert told(await stage.client.post("/oauth/token", params=form)) == (400, "invalid_request")
    assert told(await stage.client.post("/oauth/token", params={"x": "1"}, data=form)) == (400, "invalid_request")
    assert (await stage.client.post("/oauth/token", data=form)).status_code == 200
    assert (await stage.client.get("/oauth/token", params=form)).status_code == 405


async def test_a_secret_is_shown_in_one_way(stage: Stage) -> None:
    """In the header or in the form; nothing twice, no other kind of header, no other kind of body."""
    known = await stage.add("audit:read", public=False, back=())
    basic = base64.b64encode(f"{known['client_id']}:{known['client_secret']}".encode()).decode()
    form = {"grant_type": "client_credentials"}

    async def ask(content: str, header: str | None = None, kind: str = "application/x-www-form-urlencoded") -> Any:
        headers = {"Content-Type": kind} | ({} if header is None else {"Authorization": header})
        return await stage.client.post("/oauth/token", content=content, headers=headers)

    text = str(httpx.QueryParams(form))
    assert (await ask(text, f"Basic {basic}")).status_code == 200
    assert (await ask(text, f"basic {basic}")).status_code == 200
    assert told(await ask(f"{text}&client_secret=x", f"Basic {basic}")) == (400, "invalid_request")
    assert told(await ask(f"{text}&client_id=x", f"Basic {basic}")) == (400, "invalid_request")
    assert told(await ask(f"{text}&grant_type=client_credentials", f"Basic {basic}")) == (400, "invalid_request")
    assert told(await ask(text, f"Bearer {basic}")) == (401, "invalid_client")
    assert told(await ask(text, "Basic !")) == (401, "invalid_client")
    assert told(await ask("{}", f"Basic {basic}", "application/json")) == (400, "invalid_request")
    assert told(await ask("grant_type=%ff", f"Basic {basic}")) == (400, "invalid_request")


async def test_guessing_a_secret_is_slowed_for_who_guesses(stage: Stage) -> None:
    """Ten false ones from one network, then no more; who has the right one is not kept out by that."""
    stage.app = await stage.add("audit:read", public=False, back=())
    form = {"grant_type": "client_credentials", **stage.app}
    answers = [await stage.client.post("/oauth/token", data={**form, "client_secret": "x"}) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert problem_of(answers[-1])["code"] == "too_many_attempts"
    assert (await stage.client.post("/oauth/token", data=form)).status_code == 200


async def test_a_refresh_token_that_is_replayed_ends_its_session(kept_stage: Stage) -> None:
    """As for customers in person."""
    given = await kept_stage.tokens()
    second = (await kept_stage.refresh(given["refresh_token"])).json()
    third = (await kept_stage.refresh(second["refresh_token"])).json()
    replayed = await kept_stage.refresh(given["refresh_token"])

    assert await kept_stage.status(third["access_token"]) == 401
    assert told(replayed) == (400, "invalid_grant")
    assert told(await kept_stage.refresh(third["refresh_token"])) == (400, "invalid_grant")
    log = await kept_stage.shop.as_(owner()).audit.list(limit=20)
    assert [entry.action for entry in log.items].count("account.token_reused") == 1
    assert await subjects(kept_stage) == ["One of your devices was signed out"]


async def test_a_refresh_token_is_good_for_its_client_alone(stage: Stage) -> None:
    """Neither for another one, nor where customers refresh in person; theirs is nothing to an app. None is spent."""
    given, other = await stage.tokens(), await stage.add("profile", "orders")
    person = (await Scene(stage.shop, stage.client).customer("eve"))["Authorization"].removeprefix("Bearer ")
    in_person = await stage.client.post("/auth/refresh", json={"refresh_token": given["refresh_token"]})

    assert told(await stage.refresh(given["refresh_token"], **other)) == (400, "invalid_grant")
    assert told(await stage.refresh(person)) == (400, "invalid_grant")
    assert (in_person.status_code, in_person.json()["code"]) == (401, "invalid_refresh_token")
    assert (await stage.refresh(given["refresh_token"])).status_code == 200


async def test_a_scope_only_narrows(stage: Stage) -> None:
    """At a refresh: the access token can have less, the next one what was granted at first, and nothing has more."""
    given = await stage.tokens(scope="profile orders")
    wider = await stage.refresh(given["refresh_token"], scope="profile orders checkout")
    narrow = (await stage.refresh(given["refresh_token"], scope="orders")).json()
    again = (await stage.refresh(narrow["refresh_token"])).json()

    assert told(wider) == (400, "invalid_scope")
    assert (narrow["scope"], again["scope"]) == ("orders", "orders profile")
    assert await stage.status(narrow["access_token"]) == 403
    assert await stage.status(narrow["access_token"], "/orders") == 200
    assert await stage.status(again["access_token"]) == 200


async def test_what_is_revoked_is_void_at_once(kept_stage: Stage) -> None:
    """Either token ends the session of an app; another client cannot, and hears no more than that it cannot."""
    other = await kept_stage.add("profile")
    for kind in ("access_token", "refresh_token"):
        given = await kept_stage.tokens()
        asked = {"token": given[kind], "token_type_hint": "nonsense"}
        foreign = await kept_stage.client.post("/oauth/revoke", data={**asked, **other})
        before = await kept_stage.status(given["access_token"])
        done = await kept_stage.client.post("/oauth/revoke", data={**asked, **kept_stage.app})
        twice = await kept_stage.client.post("/oauth/revoke", data={**asked, **kept_stage.app})

        assert told(foreign) == (400, "invalid_grant")
        assert (before, done.status_code, twice.status_code) == (200, 200, 200)
        assert await kept_stage.status(given["access_token"]) == 401
        assert told(await kept_stage.refresh(given["refresh_token"])) == (400, "invalid_grant")
    nonsense = await kept_stage.client.post("/oauth/revoke", data={"token": "x", **kept_stage.app})
    assert nonsense.status_code == 200


async def test_who_is_removed_is_out_at_once(kept_stage: Stage) -> None:
    """An app and an integration, with whatever tokens they hold."""
    given, system = await kept_stage.tokens(), await kept_stage.add("audit:read", public=False, back=())
    form = {"grant_type": "client_credentials", **system}
    token = (await kept_stage.client.post("/oauth/token", data=form)).json()["access_token"]
    before = [await kept_stage.status(given["access_token"]), await kept_stage.status(token, "/admin/audit")]
    for client in (kept_stage.app, system):
        await kept_stage.shop.as_(owner()).oauth.remove_client(client_id=client["client_id"])

    assert before == [200, 200]
    assert await kept_stage.status(given["access_token"]) == 401
    assert await kept_stage.status(token, "/admin/audit") == 401
    assert told(await kept_stage.refresh(given["refresh_token"])) == (401, "invalid_client")
    assert told(await kept_stage.client.post("/oauth/token", data=form)) == (401, "invalid_client")
    assert (await kept_stage.decide()).status_code == 422


async def test_a_customer_lists_and_withdraws_what_they_let_apps_do(kept_stage: Stage) -> None:
    """Its tokens are void at once, and it has to ask again; nobody else's is touched."""
    given = await kept_stage.tokens()
    asked: dict[str, Any] = {
        "params": kept_stage.question(),
        "headers": {**kept_stage.customer, "Accept": "application/json"},
    }
    settled = (await kept_stage.client.get("/oauth/authorize", **asked)).json()
    listed = (await kept_stage.client.get("/me/apps", headers=kept_stage.customer)).json()
    sessions = (await kept_stage.client.get("/auth/sessions", headers=kept_stage.customer)).json()
    path = f"/me/apps/{kept_stage.app['client_id']}"
    eve = {"Authorization": (await Scene(kept_stage.shop, kept_stage.client).customer("eve"))["Authorization"]}
    foreign = await kept_stage.client.delete(path, headers=eve)
    withdrawn = await kept_stage.client.delete(path, headers=kept_stage.customer)

    assert settled["location"].startswith(BACK)
    assert [(each["name"], list(each["scopes"])) for each in listed["items"]] == [("App", ["profile"])]
    assert [(each["device"], each["app"]) for each in sessions["items"]] == [("", None), ("", "App")]
    assert (foreign.status_code, withdrawn.status_code) == (404, 204)
    assert await kept_stage.status(given["access_token"]) == 401
    assert (await kept_stage.client.get("/oauth/authorize", **asked)).json()["consent"] is not None


async def test_a_token_of_an_integration_is_good_for_its_time(stage: Stage) -> None:
    """And for no longer than what it was given by says, whatever the token itself does."""
    known = await stage.add("audit:read", public=False, back=())
    answer = await stage.client.post("/oauth/token", data={"grant_type": "client_credentials", **known})
    token, tokens, now = answer.json()["access_token"], stage.shop._world.access_tokens, stage.shop.clock.now()
    claims = tokens.read(token)
    longer = tokens.issue(msgspec.structs.replace(claims, issued_at=now, expires_at=now + timedelta(days=1)))
    grants, grant_id = stage.shop._store.grants, getattr(claims, "grant_id", "")
    fresh = await stage.status(longer, "/admin/audit")
    await grants.update(grant_id, lambda held: msgspec.structs.replace(held, expires_at=now))

    assert answer.json()["expires_in"] == TOKEN_LIFETIME.total_seconds()
    assert fresh == 200
    assert await stage.status(longer, "/admin/audit") == 401
    assert await stage.status(token, "/admin/audit") == 401


async def test_a_scope_that_a_token_claims_counts_as_far_as_it_was_given(stage: Stage) -> None:
    """Even where the shop itself has signed it."""
    given, tokens = await stage.tokens(), stage.shop._world.access_tokens
    claims = tokens.read(given["access_token"])
    forged = tokens.issue(msgspec.structs.replace(claims, scopes=("cart", "orders", "profile")))
    stripped = tokens.issue(msgspec.structs.replace(claims, client_id="", scopes=()))

    assert await stage.status(forged) == 200
    assert await stage.status(forged, "/orders") == 403
    assert await stage.status(stripped) == 401

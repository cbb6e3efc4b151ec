"""Attacks on OAuth, each by its name in RFC 9700, and what apps and integrations must not be able to do."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from tests.http.conftest import client_of, problem_of, settings_for
from tests.http.people import mails
from tests.kept import STORES, kept_in, leave_empty
from tests.security.scene import ABSENT, Scene

from shop_http.app import create_app
from shopcore.kernel.actor import App, Customer, Guest, Staff, StepUpRequired, require_step_up
from shopcore.kernel.errors import Forbidden, ShopError
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.oauth.model import CodeGrant
from shopcore.oauth.model.grants import CODE_LIFETIME, TOKEN_LIFETIME, read_code
from shopcore.shop import Shop, owner
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

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
    async with Shop.open(settings_for(folder, **settings)) as shop, client_of(create_app(shop)) as client:
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


# ------------------------------------------------------------------------------------------------------------ the code


async def test_a_code_that_is_replayed_ends_what_it_gave(kept_stage: Stage) -> None:
    """Whatever the verifier is the second time: the session that it gave is over, for whoever holds its tokens."""
    code = await kept_stage.code()
    first = (await kept_stage.exchange(code)).json()
    before = await kept_stage.status(first["access_token"])
    again = await kept_stage.exchange(code, code_verifier="x" * 43)

    assert before == 200
    assert told(again) == (400, "invalid_grant")
    assert await kept_stage.status(first["access_token"]) == 401
    assert told(await kept_stage.refresh(first["refresh_token"])) == (400, "invalid_grant")
    await kept_stage.exchange(code)
    log = await kept_stage.shop.as_(owner()).audit.list(limit=20)
    assert [entry.action for entry in log.items].count("account.code_reused") == 1
    assert await subjects(kept_stage) == ["An app that you let in was signed out"]


async def test_of_two_exchanges_at_once_one_wins_and_then_both_lose(kept_stage: Stage) -> None:
    """However they interleave: never two sessions, and none in the end."""
    code = await kept_stage.code()
    answers = await asyncio.gather(*(kept_stage.exchange(code) for _ in range(2)))
    given = [answer.json()["access_token"] for answer in answers if answer.status_code == 200]

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert [await kept_stage.status(token) for token in given] == [401]


async def test_a_code_is_good_for_a_minute(stage: Stage) -> None:
    code = await stage.code()
    grants, signer = stage.shop._store.grants, stage.shop._world.signer
    old: dict[str, Any] = {"expires_at": stage.shop.clock.now() - timedelta(seconds=1)}
    held = await grants.update(read_code(signer, code), lambda grant: msgspec.structs.replace(grant, **old))

    assert isinstance(held, CodeGrant)
    assert timedelta(minutes=1) >= CODE_LIFETIME
    assert told(await stage.exchange(code)) == (400, "invalid_grant")


@pytest.mark.parametrize("verifier", ["", CHALLENGE, "x" * 43, "short", f"{VERIFIER} ", VERIFIER.lower(), "x" * 200])
async def test_another_verifier_gets_nothing(stage: Stage, verifier: str) -> None:
    """And does not spend the code: else whoever has seen it could keep the app out."""
    code = await stage.code()
    refused = await stage.exchange(code, code_verifier=verifier)

    assert told(refused) == (400, "invalid_grant" if verifier else "invalid_request")
    assert (await stage.exchange(code)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge_method": "s256"},
        {"code_challenge": "A" * 42},
        {"code_challenge": "A" * 44},
        {"code_challenge": "A" * 42 + "="},
    ],
)
async def test_without_a_challenge_by_s256_there_is_no_code(stage: Stage, changes: dict[str, str | None]) -> None:
    """A downgrade of PKCE (RFC 9700, 2.1.1): the app is told, with its state and whose answer it is."""
    answer = sent_back(await stage.decide(agreed=True, **changes))

    assert "code" not in answer
    assert (answer["error"], answer["state"]) == ("invalid_request", "s")
    assert answer["iss"] == stage.shop.settings.app_url


async def test_a_code_of_one_client_is_nothing_to_another(stage: Stage) -> None:
    """Client confusion: neither to a public one, nor to one that shows its secret; and it is not spent by it."""
    code = await stage.code()
    for other in (await stage.add("profile"), await stage.add("profile", public=False)):
        assert told(await stage.exchange(code, **other)) == (400, "invalid_grant")

    assert (await stage.exchange(code)).status_code == 200


@pytest.mark.parametrize("code", ["", "x", "é", "A" * 64, "=" * 64, "\x00"])
async def test_what_is_no_code_gets_nothing(stage: Stage, code: str) -> None:
    assert told(await stage.exchange(code))[0] == 400


async def test_a_code_dies_with_the_session_that_it_was_given_from(stage: Stage) -> None:
    """Somebody signs out everywhere within the minute."""
    code = await stage.code()
    await stage.client.post("/auth/logout-all", headers=stage.customer)

    assert told(await stage.exchange(code)) == (400, "invalid_grant")


async def test_a_code_dies_with_the_consent_that_it_was_given_for(kept_stage: Stage) -> None:
    """Nothing that is withdrawn is exchanged afterwards, and no session is left behind."""
    code = await kept_stage.code()
    path = f"/me/apps/{kept_stage.app['client_id']}"
    assert (await kept_stage.client.delete(path, headers=kept_stage.customer)).status_code == 204

    assert told(await kept_stage.exchange(code)) == (400, "invalid_grant")
    sessions = (await kept_stage.client.get("/auth/sessions", headers=kept_stage.customer)).json()
    assert [each["device"] for each in sessions["items"]] == [""]


# ------------------------------------------------------------------------------------------------------- the addresses


FOREIGN = (
    *(
        "https://evil.example/back",
        "https://app.example/back/",
        "https://app.example/back?x=1",
        "http://app.example/back",
    ),
    *("https://app.example.evil.example/back", "https://app.example@evil.example/back", "https://APP.example/back"),
    *("https://app.example/back#x", "https://app.example:443/back", "//evil.example", "javascript:alert(1)", "/back"),
    *("https://app.example/back\r\nLocation: https://evil.example", "https://app.example\\@evil.example/back"),
    "http://127.0.0.1:8080/back",
)


@pytest.mark.parametrize("uri", FOREIGN)
async def test_nobody_is_sent_to_an_address_that_was_not_registered(stage: Stage, uri: str) -> None:
    """An open redirector: nobody is sent anywhere, whether they agree or not, and nothing is asked."""
    asked = await stage.client.get("/oauth/authorize", params=stage.question(redirect_uri=uri), headers=stage.customer)
    for answer in (asked, await stage.decide(redirect_uri=uri), await stage.decide(redirect_uri=uri, agreed=False)):
        assert (answer.status_code, problem_of(answer)["code"]) == (422, "invalid_request")
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "http://app.example/back",
            "ftp://app.example",
            "https:///back",
            "https://app.example/*",
            "https://a.example#x",
        ),
        *(
            "app:/back",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://localhost/back",
            "https://ada@app.example/back",
        ),
        *("http://127.0.0.1.evil.example/back", "http://127.0.0.1@evil.example", "https://app.example/\n", ""),
    ],
)
async def test_what_could_be_anybody_s_is_not_registered(stage: Stage, uri: str) -> None:
    with pytest.raises(ShopError) as refused:
        await stage.add("profile", back=(uri,))

    assert refused.value.errors[0].field == "redirect_uris/0"


async def test_a_program_on_a_desk_has_another_port_each_time(stage: Stage) -> None:
    """And nothing else may differ (RFC 8252, 7.3)."""
    stage.app = await stage.add("profile", back=("http://127.0.0.1/back", "http://[::1]:1/back"))
    for right in ("http://127.0.0.1:49152/back", "http://127.0.0.1/back", "http://[::1]:50000/back"):
        code = await stage.code(redirect_uri=right)
        assert (await stage.exchange(code, redirect_uri=right)).status_code == 200
    for wrong in (
        "http://127.0.0.1:0/back",
        "http://127.0.0.1:99999/back",
        "http://127.0.0.1:1/other",
        "http://[::1]/",
    ):
        assert (await stage.decide(redirect_uri=wrong)).status_code == 422


async def test_an_address_that_comes_with_the_code_is_the_one_that_was_asked_for(stage: Stage) -> None:
    code = await stage.code()

    assert told(await stage.exchange(code, redirect_uri="https://evil.example")) == (400, "invalid_grant")
    assert (await stage.exchange(code, redirect_uri=BACK)).status_code == 200


async def test_every_answer_says_whose_it_is(stage: Stage) -> None:
    """A mix-up of two shops: a code, a refusal of the customer, and an error all carry the issuer (RFC 9207)."""
    answers = [
        sent_back(await stage.decide()),
        sent_back(await stage.decide(agreed=False)),
        sent_back(await stage.decide(scope="everything")),
        sent_back(await stage.decide(response_type="token")),
    ]
    metadata = (await stage.client.get("/.well-known/oauth-authorization-server")).json()

    assert {answer["iss"] for answer in answers} == {metadata["issuer"]}
    assert {answer["state"] for answer in answers} == {"s"}
    assert [answer.get("error") for answer in answers] == [
        *(None, "access_denied", "invalid_scope", "unsupported_response_type")
    ]


async def test_a_state_comes_back_as_it_went(stage: Stage) -> None:
    """Whatever is in it, it adds no parameter and no header."""
    state = "a&code=x#\r\nSet-Cookie: a=b é"

    answer = sent_back(await stage.decide(state=state))
    assert answer["state"] == state
    assert answer["code"] != "x"


# ---------------------------------------------------------------------------------------------------------- the secret


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


# ---------------------------------------------------------------------------------------------------------- the tokens


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


# ---------------------------------------------------------------------------------------------------- who may let it in


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


# ------------------------------------------------------------------------------------------------------ what it can do


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

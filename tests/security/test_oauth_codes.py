"""Codes of OAuth: good once, for one client, with their verifier, at an address that was registered."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.http.conftest import problem_of
from tests.security.oauth_stage import BACK, CHALLENGE, VERIFIER, Stage, kept_stage, sent_back, stage, subjects, told

from shopcore.kernel.errors import ShopError
from shopcore.oauth.model import CodeGrant
from shopcore.oauth.model.grants import CODE_LIFETIME, read_code
from shopcore.shop import owner

__all__ = ["kept_stage", "stage"]

pytestmark = pytest.mark.anyio


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

"""Staff say over HTTP which other systems are told what happens, and see what came of it."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.http.conftest import Buy, Fill, problem_of
from tests.http.people import Person, grown_old, joined

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

INSIDE = "https://127.0.0.1:9/hooks"
"""What is not public: nothing is ever sent there."""
NOT_PUBLIC = "its address is not public, and in no network of WEBHOOK_NETWORKS"
ENDPOINTS = "/admin/webhook-endpoints"


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    """The owner, who has just signed in."""
    person = await joined(client, shop)
    await shop.as_(owner()).people.add_colleague(email=person.email, roles=["owner"])
    return person


async def made(ada: Person, **wanted: Any) -> dict[str, Any]:
    answer = await ada.ask("POST", ENDPOINTS, json={"url": INSIDE, **wanted})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.both_stores
async def test_an_endpoint_is_made_shown_changed_and_removed(ada: Person) -> None:
    """Its secret is shown when it is made, and when it gets a new one."""
    new = await made(ada, events=["order.paid"], description="The books")
    one = f"{ENDPOINTS}/{new['endpoint']['id']}"
    turned = (await ada.ask("POST", f"{one}/secret")).json()
    changed = await ada.ask("PATCH", one, json={"events": [], "is_on": False})
    listed = await ada.ask("GET", ENDPOINTS)
    shown = await ada.ask("GET", one)
    gone = [(await ada.ask(method, one)).status_code for method in ("DELETE", "GET", "DELETE")]

    assert new["secret"].startswith("whsec_")
    assert new["secret"] != turned["secret"]
    assert "whsec_" not in listed.text + shown.text + changed.text
    assert turned["endpoint"]["old_secret_until"] is not None
    assert listed.json()["items"] == [shown.json()] == [changed.json()]
    assert {name: changed.json()[name] for name in ("url", "events", "description", "is_on", "off_reason")} == {
        "url": INSIDE,
        "events": [],
        "description": "The books",
        "is_on": False,
        "off_reason": "staff switched it off",
    }
    assert gone == [204, 404, 404]


@pytest.mark.both_stores
async def test_what_was_sent_is_seen_and_sent_again(ada: Person, shop: Shop, fill: Fill, buy: Buy) -> None:
    """With the reason why it did not arrive."""
    new = await made(ada)
    one = f"{ENDPOINTS}/{new['endpoint']['id']}"
    await buy(await fill())
    await shop.work_off()
    first = (await ada.ask("GET", f"{one}/deliveries?limit=1")).json()
    waiting = (
        await ada.ask("GET", f"{one}/deliveries?state=waiting&cursor={first['next_cursor']}&limit=1")
    ).status_code
    events = (await ada.ask("GET", "/admin/webhook-events")).json()["items"]
    last = events[-1]["id"]
    again = await ada.ask("POST", f"{one}/deliveries/{last}/resend")
    replayed = await ada.ask("POST", f"{one}/replay", json={"after": events[0]["id"]})
    later = (await ada.ask("GET", f"/admin/webhook-events?after={events[0]['id']}")).json()["items"]

    assert [(event["sequence"], event["type"]) for event in events] == [(1, "order.placed"), (2, "order.paid")]
    assert later == events[1:]
    assert first["items"][0]["event_id"] == last
    assert [each["problem"] for each in first["items"][0]["log"]] == [NOT_PUBLIC]
    assert waiting == 422  # a cursor of another list
    assert (again.status_code, again.json()["tries"]) == (202, 0)
    assert (replayed.status_code, replayed.json()) == (202, {"after": events[0]["id"]})


async def test_what_cannot_be_is_refused_by_its_name(ada: Person) -> None:
    new = await made(ada)
    one = f"{ENDPOINTS}/{new['endpoint']['id']}"
    wrong = await ada.ask("POST", ENDPOINTS, json={"url": "http://example.org/", "events": ["order.eaten"]})
    changed = await ada.ask("PATCH", one, json={"url": "ftp://example.org/"})
    absent = [
        problem_of(await ada.ask("POST", f"{one}/deliveries/evt_none_1/resend"))["code"],
        problem_of(await ada.ask("POST", f"{one}/replay", json={"after": "evt_none_1"}))["code"],
        problem_of(await ada.ask("GET", f"{ENDPOINTS}/none/deliveries"))["code"],
    ]
    await ada.ask("PATCH", one, json={"is_on": False})
    off = await ada.ask("POST", f"{one}/replay", json={})

    assert wrong.status_code == changed.status_code == 422
    assert [error["field"] for error in problem_of(wrong)["errors"]] == ["url", "events/0"]
    assert [error["field"] for error in problem_of(changed)["errors"]] == ["url"]
    assert absent == ["webhook_delivery_not_found", "webhook_event_not_found", "webhook_endpoint_not_found"]
    assert (off.status_code, problem_of(off)["code"]) == (409, "webhook_endpoint_off")


async def test_who_signed_in_long_ago_has_nothing_told_elsewhere(ada: Person, shop: Shop) -> None:
    """Whoever finds a screen that was left does not read along from then on."""
    new = await made(ada)
    one = f"{ENDPOINTS}/{new['endpoint']['id']}"
    await grown_old(shop, ada)
    answers = [
        await ada.ask("POST", ENDPOINTS, json={"url": INSIDE}),
        await ada.ask("PATCH", one, json={"url": INSIDE}),
        await ada.ask("POST", f"{one}/secret"),
    ]

    assert [(each.status_code, problem_of(each)["code"]) for each in answers] == [(401, "step_up_required")] * 3


async def test_a_shop_has_a_handful_of_them(ada: Person) -> None:
    for number in range(20):
        await made(ada, url=f"{INSIDE}/{number}")
    refused = await ada.ask("POST", ENDPOINTS, json={"url": INSIDE})

    assert (refused.status_code, problem_of(refused)["code"]) == (409, "too_many_webhook_endpoints")


@pytest.mark.both_stores
async def test_what_is_asked_again_under_a_key_is_done_once(ada: Person, shop: Shop, fill: Fill, buy: Buy) -> None:
    """A new endpoint, another secret, a resend, a replay: the same answer with the same secret, and nothing more."""
    body = {"url": INSIDE}
    new = [await ada.ask("POST", ENDPOINTS, json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    one = f"{ENDPOINTS}/{new[0].json()['endpoint']['id']}"
    await buy(await fill())
    await shop.work_off()
    (*_, event) = (await ada.ask("GET", "/admin/webhook-events")).json()["items"]
    paths = (f"{one}/secret", f"{one}/deliveries/{event['id']}/resend", f"{one}/replay")
    twice = [[await _under_key(ada, path) for _ in range(2)] for path in paths]
    (held,) = await shop._store.endpoints.everything()

    for first, second in (new, *twice):
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert (first.is_success, second.headers["Idempotent-Replayed"]) == (True, "true")
    assert [secret.key for secret in held.secrets] == [twice[0][0].json()["secret"], new[0].json()["secret"]]


async def _under_key(ada: Person, path: str) -> httpx.Response:
    body = {"json": {"after": None}} if path.endswith("/replay") else {}
    return await ada.ask("POST", path, headers={"Idempotency-Key": path[-9:]}, **body)


@pytest.mark.both_stores
async def test_an_address_is_told_once(ada: Person, shop: Shop) -> None:
    """However many ask for it at the same moment; nor does another become it."""
    asked = await asyncio.gather(*(ada.ask("POST", ENDPOINTS, json={"url": INSIDE}) for _ in range(4)))
    other = await made(ada, url=f"{INSIDE}/2")
    moved = await ada.ask("PATCH", f"{ENDPOINTS}/{other['endpoint']['id']}", json={"url": INSIDE})
    same = await ada.ask("PATCH", f"{ENDPOINTS}/{other['endpoint']['id']}", json={"url": f"{INSIDE}/2"})

    assert sorted(answer.status_code for answer in asked) == [201, 409, 409, 409]
    assert {problem_of(answer)["code"] for answer in asked if answer.status_code == 409} == {"webhook_endpoint_exists"}
    assert (moved.status_code, problem_of(moved)["code"]) == (409, "webhook_endpoint_exists")
    assert same.status_code == 200
    assert len(await shop._store.endpoints.everything()) == 2

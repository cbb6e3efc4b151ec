"""What the bank has to do with an order: its page and its webhooks."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from tests.http.conftest import Buy, Fill, log_lines, problem_of, proof_of

from shopcore.adapters.bogus.webhooks import sign
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


async def test_a_customer_approves_on_the_bank_s_page(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop
) -> None:
    bought = await buy(await fill(), "requires_action")
    action = bought.json()["payment"]["next_action"]
    path = httpx.URL(action["url"]).path
    page = await client.get(path)
    done = await client.post(path, content=b"decision=approve")
    shown = await client.get(done.headers["location"])
    await shop.work_off()
    order = await client.get(f"/orders/{bought.json()['order']['id']}", headers=proof_of(bought))

    assert action["type"] == "redirect"
    assert page.headers["content-type"].startswith("text/html")
    assert "12.50 USD" in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert done.status_code == 303
    assert "<form" not in shown.text
    assert order.json()["payment_status"] == "paid"


async def test_the_bank_s_page_refuses_what_it_does_not_know(client: httpx.AsyncClient, fill: Fill, buy: Buy) -> None:
    bought = await buy(await fill(), "requires_action")
    path = httpx.URL(bought.json()["payment"]["next_action"]["url"]).path

    assert (await client.get("/bogus/actions/nothing")).status_code == 404
    assert (await client.post("/bogus/actions/nothing", content=b"decision=approve")).status_code == 404
    assert (await client.post(path, content=b"decision=steal")).status_code == 422


# ---------------------------------------------------------------------------------------------------------- webhooks


async def test_a_signed_webhook_counts_once_however_often_it_comes(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop
) -> None:
    """A replay is answered like the first; one character more in the body, or no time, and it is refused."""
    bought = await buy(await fill(), "requires_action")
    await client.post(urlsplit(bought.json()["payment"]["next_action"]["url"]).path, content=b"decision=approve")
    answers: list[int] = []

    async def deliver(body: bytes, headers: Mapping[str, str]) -> None:
        stale = {name: value.replace("t=", "t=1") for name, value in headers.items()}
        for content, signature in ((body + b" ", headers), (body, stale), (body, headers), (body, headers)):
            answers.append((await client.post("/webhooks/bogus", content=content, headers=signature)).status_code)

    delivered = await shop.bogus.deliverer.deliver_due(deliver)
    await shop.work_off()
    order = (await client.get(f"/orders/{bought.json()['order']['id']}", headers=proof_of(bought))).json()

    assert delivered == 1
    assert answers == [400, 400, 200, 200]
    assert [entry["event"] for entry in order["timeline"]].count("paid") == 1


@pytest.mark.parametrize(("moved", "says"), [(3_600, "s ago by"), (-3_600, "s in the future by")])
async def test_a_clock_that_is_off_is_told_in_the_log_and_to_nobody_else(
    client: httpx.AsyncClient, shop: Shop, moved: int, says: str
) -> None:
    """Its secret is the right one; whoever has another is not worth a line."""
    body, signed, secret = b"{}", shop.clock.now() - timedelta(seconds=moved), shop.bogus.gateway._secret
    with log_lines() as lines:
        ours = await client.post("/webhooks/bogus", content=body, headers=sign(secret, body, signed))
        theirs = await client.post("/webhooks/bogus", content=body, headers=sign(b"another", body, signed))
    told = [line for line in lines if line["event"] == "webhook_out_of_time"]

    assert (ours.status_code, ours.json()["detail"]) == (theirs.status_code, theirs.json()["detail"])
    assert [(line["log_level"], line["gateway"]) for line in told] == [("warning", "bogus")]
    assert says in told[0]["why"]


async def test_a_webhook_that_nobody_signed_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/webhooks/bogus", content=b'{"id":"1"}', headers={"Bogus-Signature": "t=1,v1=00"})

    assert (answer.status_code, problem_of(answer)["code"]) == (400, "bad_signature")


async def test_a_webhook_of_an_unknown_gateway_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/webhooks/nobank", content=b"{}")

    assert (answer.status_code, problem_of(answer)["code"]) == (404, "unknown_gateway")


@pytest.mark.both_stores
async def test_staff_have_gateways_compared_with_the_books(client: httpx.AsyncClient, shop: Shop) -> None:
    """Asked for once under its key, made by a worker, shown with what it found."""
    made = await shop.as_(owner()).access.create_api_key(name="Books", permissions=["payments:read", "payments:write"])
    headers = {"Authorization": f"Bearer {made[1]}", "Idempotency-Key": "books"}
    asked, again = [await client.post("/admin/reconciliations", json={"days": 7}, headers=headers) for _ in range(2)]
    waiting = await client.get(f"/admin/reconciliations/{asked.json()['id']}", headers=headers)
    await shop.work_off()
    done = await client.get(f"/admin/reconciliations/{asked.json()['id']}", headers=headers)
    listed = await client.get("/admin/reconciliations?limit=100", headers=headers)
    bad = await client.post("/admin/reconciliations", json={"days": 0}, headers={**headers, "Idempotency-Key": "bad"})

    assert (asked.status_code, asked.content) == (202, again.content)
    assert (asked.json()["status"], waiting.json()["status"], done.json()["status"]) == ("waiting", "waiting", "done")
    assert (done.json()["found"], done.json()["differences"], done.json()["unreached"]) == (0, [], [])
    assert asked.json()["id"] in [one["id"] for one in listed.json()["items"]]
    assert (bad.status_code, problem_of(bad)["errors"][0]["field"]) == (422, "days")
    assert (await client.get("/admin/reconciliations")).status_code == 401

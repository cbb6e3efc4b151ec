"""Staff find orders, and look after them and their money."""

import uuid
from typing import Any

import httpx
import pytest
from tests.http.conftest import Buy, Fill, problem_of
from tests.http.people import Person, bearer, grown_old, joined

from shopcore.kernel.ids import Sku
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

on_both = pytest.mark.both_stores


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    """An owner."""
    person = await joined(client, shop)
    await shop.as_(owner()).people.add_colleague(email=person.email, roles=["owner"])
    return person


async def order_of(ada: Person, bought: httpx.Response) -> dict[str, Any]:
    """As staff see it now."""
    shown: dict[str, Any] = (await ada.ask("GET", at(bought))).json()
    return shown


def at(bought: httpx.Response, *rest: str) -> str:
    """Where staff find an order."""
    return "/".join(("/admin/orders", bought.json()["order"]["id"], *rest))


def fresh_key() -> dict[str, str]:
    """For something that was not asked for yet."""
    return {"Idempotency-Key": str(uuid.uuid4())}


@on_both
async def test_staff_find_an_order_by_status_number_and_address(fill: Fill, buy: Buy, ada: Person) -> None:
    paid, open_ = await buy(await fill()), await buy(await fill(), "declined", email="bob@example.com")
    listed = await ada.ask("GET", "/admin/orders?limit=1")
    rest = await ada.ask("GET", listed.headers["link"].partition(">")[0][1:])
    pending = await ada.ask("GET", "/admin/orders?status=pending")
    numbered = await ada.ask("GET", f"/admin/orders?number={paid.json()['order']['number'].lower()}")
    bobs = await ada.ask("POST", "/admin/orders/search", json={"email": "bob@EXAMPLE.com"})

    def names(answer: httpx.Response) -> list[str]:
        return [each["id"] for each in answer.json()["items"]]

    assert names(listed) + names(rest) == [open_.json()["order"]["id"], paid.json()["order"]["id"]]
    assert names(pending) == names(bobs) == [open_.json()["order"]["id"]]
    assert names(numbered) == [paid.json()["order"]["id"]]
    assert (await ada.ask("GET", "/admin/orders?number=0000-0000")).status_code == 404
    assert (await order_of(ada, paid))["email"] == "ada@example.com"


@on_both
async def test_an_order_is_sent_delivered_and_annotated(fill: Fill, buy: Buy, ada: Person) -> None:
    """Each step once under its key, and each is in the audit log."""
    bought, key = await buy(await fill()), {"Idempotency-Key": str(uuid.uuid4())}
    parcel = {"carrier": "DHL", "tracking_number": "123"}
    sent = [await ada.ask("POST", at(bought, "fulfillments"), json=parcel, headers=key) for _ in range(2)]
    named = sent[0].json()["fulfillments"][0]["id"]
    wrong = await ada.ask("POST", at(bought, "fulfillments", "none", "delivered"))
    arrived = await ada.ask("POST", at(bought, "fulfillments", named, "delivered"))
    noted = await ada.ask("POST", at(bought, "notes"), json={"text": "She is happy."})
    log = (await ada.ask("GET", "/admin/audit")).json()["items"]

    assert sent[0].content == sent[1].content
    assert (wrong.status_code, problem_of(wrong)["code"]) == (404, "fulfillment_not_found")
    assert (arrived.json()["status"], noted.json()["timeline"][-1]["note"]) == ("delivered", "She is happy.")
    assert [each["action"] for each in log[:3]] == ["order.note", "order.deliver", "order.ship"]
    assert (await ada.ask("POST", at(bought, "cancel"))).status_code == 409


@on_both
async def test_held_money_is_taken_or_let_go(fill: Fill, buy: Buy, ada: Person) -> None:
    taken, let_go = await buy(await fill(), "authorized"), await buy(await fill(), "authorized")
    captured = await ada.ask("POST", at(taken, "payment", "capture"))
    voided = await ada.ask("POST", at(let_go, "payment", "void"))
    too_late = await ada.ask("POST", at(taken, "payment", "void"))
    nothing = await ada.ask("POST", at(let_go, "payment", "capture"))
    log = (await ada.ask("GET", "/admin/audit")).json()["items"]

    assert (captured.json()["state"], voided.json()["state"]) == ("succeeded", "voided")
    assert [problem_of(each)["code"] for each in (too_late, nothing)] == ["nothing_held", "nothing_held"]
    assert [(await order_of(ada, each))["payment_status"] for each in (taken, let_go)] == ["paid", "unpaid"]
    assert [each["action"] for each in log[:2]] == ["payment.void", "payment.capture"]


@on_both
async def test_money_goes_back_by_amount_and_by_line_with_its_goods(
    fill: Fill, buy: Buy, ada: Person, shop: Shop
) -> None:
    bought = await buy(await fill("TEE-S", 2))
    await shop.work_off()
    await ada.ask("POST", at(bought, "fulfillments"))
    before = await shop.as_(owner()).stock.show(sku=Sku("TEE-S"))
    line = {"variant_id": bought.json()["order"]["lines"][0]["variant_id"], "quantity": 1}
    asked = {"reason": "damaged", "lines": [line], "restock": True}
    key = fresh_key()
    by_line = [await ada.ask("POST", at(bought, "refunds"), json=asked, headers=key) for _ in range(2)]
    sorry = {"reason": "sorry", "amount": {"amount": 500, "currency": "USD"}}
    by_amount = await ada.ask("POST", at(bought, "refunds"), json=sorry, headers=fresh_key())
    too_many = await ada.ask(
        "POST", at(bought, "refunds"), json=asked | {"lines": [line | {"quantity": 2}]}, headers=fresh_key()
    )
    await shop.work_off()
    order = await order_of(ada, bought)
    after = await shop.as_(owner()).stock.show(sku=Sku("TEE-S"))

    assert by_line[0].content == by_line[1].content
    assert by_amount.status_code == 200
    assert [(each["amount"]["amount"], each["status"]) for each in order["refunds"]] == [(1999, "done"), (500, "done")]
    assert order["payment_status"] == "partially_refunded"
    assert after.on_hand == before.on_hand + 1
    assert problem_of(too_many)["errors"][0]["field"] == "lines/0/quantity"


async def test_a_refund_is_not_asked_for_without_a_key(fill: Fill, buy: Buy, ada: Person, shop: Shop) -> None:
    """Who hears nothing asks again: that must not give the money back twice. Who may not is told so first."""
    bought = await buy(await fill())
    await shop.work_off()
    _, secret = await shop.as_(owner()).access.create_api_key(name="Packers", permissions=["orders:read"])
    asked = {"reason": "damaged", "amount": {"amount": 100, "currency": "USD"}}
    mine = await ada.ask("POST", at(bought, "refunds"), json=asked)
    theirs = await ada.client.post(at(bought, "refunds"), json=asked, headers=bearer(secret))

    assert (mine.status_code, problem_of(mine)["errors"][0]["code"]) == (400, "idempotency_key_required")
    assert theirs.status_code == 403
    assert (await order_of(ada, bought))["refunds"] == []


@pytest.mark.parametrize(
    ("asked", "named"),
    [({"lines": []}, (422, "lines")), ({"lines": None}, (400, "lines")), ({"amount": None}, (400, "amount"))],
)
async def test_a_page_on_which_nothing_is_ticked_empties_no_order(
    fill: Fill, buy: Buy, ada: Person, asked: dict[str, Any], named: tuple[int, str]
) -> None:
    """All that is left goes back where neither lines nor an amount are spoken of, and not otherwise."""
    bought = await buy(await fill())
    refused = await ada.ask("POST", at(bought, "refunds"), json={"reason": "damaged"} | asked, headers=fresh_key())

    assert (refused.status_code, problem_of(refused)["errors"][0]["field"]) == named
    assert (await order_of(ada, bought))["refunds"] == []


async def test_money_is_moved_by_those_who_have_just_signed_in(fill: Fill, buy: Buy, ada: Person, shop: Shop) -> None:
    """Reading goes on; nothing moves."""
    bought = await buy(await fill(), "authorized")
    await grown_old(shop, ada)
    asked = [
        await ada.ask("POST", at(bought, *where), json=body, headers=fresh_key())
        for where, body in (
            (("payment", "capture"), None),
            (("payment", "void"), None),
            (("refunds",), {"reason": "damaged"}),
            (("cancel",), None),
        )
    ]

    assert {(each.status_code, problem_of(each)["code"]) for each in asked} == {(401, "step_up_required")}
    assert (await order_of(ada, bought))["payment_status"] == "authorized"


@on_both
async def test_one_report_is_over_all_payments(fill: Fill, buy: Buy, ada: Person) -> None:
    """Sums of the span, and its payments page by page; a cursor belongs to what was asked."""
    for method in ("ok", "ok", "declined"):
        await buy(await fill(), method)
    report = await ada.ask("GET", "/admin/payments?limit=2")
    following = report.headers["link"].partition(">")[0][1:]
    rest = await ada.ask("GET", following)
    taken = (await ada.ask("GET", "/admin/payments?gateway=bogus&state=succeeded")).json()
    wrong = await ada.ask("GET", following + "&state=failed")
    backwards = await ada.ask("GET", "/admin/payments?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z")

    assert [(each["state"], each["count"], each["amount"]["amount"]) for each in report.json()["totals"]] == [
        ("failed", 1, 1250),
        ("succeeded", 2, 2500),
    ]
    assert [each["state"] for each in report.json()["items"] + rest.json()["items"]] == [
        *("failed", "succeeded", "succeeded"),
    ]
    assert len(taken["items"]) == taken["totals"][0]["count"] == 2
    assert (wrong.status_code, backwards.status_code) == (422, 422)

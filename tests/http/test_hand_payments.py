"""Money that staff confirm, and what the books come to, over HTTP: the lines of the pages that say so."""

import re
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from tests.http.conftest import ORDER, PRODUCTS, Fill, client_of, problem_of, settings_for
from tests.http.people import Person, joined

from shopcore.kernel.money import Money
from shopcore.payments.model import Difference, Kind, Standing
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

PAGES = Path(__file__).parent.parent.parent / "docs" / "how-to"
BY_HAND = {
    "payment_gateways": ("bogus", "manual"),
    "manual_methods": ("bank_transfer", "cash_on_delivery"),
    "manual_details": "Shop Ltd, XX00 1234",
}


@pytest.fixture
async def shop(tmp_path: Path, kept_on: None) -> AsyncGenerator[Shop]:
    """One that is paid by hand too."""
    async with Shop.open(settings_for(tmp_path, **BY_HAND)) as opened:
        catalog = opened.as_(owner()).catalog
        await catalog.import_products(file=opened.product_file(PRODUCTS))
        yield opened


@pytest.fixture
async def client(shop: Shop) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(shop) as opened:
        yield opened


async def ordered(client: httpx.AsyncClient, cart: dict[str, str], **payment: str) -> httpx.Response:
    """Check out, to be paid by hand."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    command = {**ORDER, "payment": {"gateway": "manual", **payment}}
    return await client.post("/cart/checkout", json=command, headers={**cart, **key})


async def staff(client: httpx.AsyncClient, shop: Shop) -> Person:
    """Somebody who may do everything, and has just signed in."""
    ada = await joined(client, shop)
    await shop.as_(owner()).people.add_colleague(email=ada.email, roles=["owner"])
    return ada


@pytest.mark.both_stores
async def test_staff_confirm_what_came_and_what_they_gave_back(
    client: httpx.AsyncClient, shop: Shop, fill: Fill
) -> None:
    """The buyer is told where to pay; the order, the reports and the audit log follow what staff say."""
    bought, ada = (await ordered(client, await fill())).json(), await staff(client, shop)
    order, total = f"/admin/orders/{bought['order']['id']}", bought["order"]["totals"]["total"]
    confirmed = await ada.ask("POST", f"{order}/payment/confirm", headers={"Idempotency-Key": "confirmed"})
    await shop.work_off()
    refused = await ada.ask("POST", f"{order}/payment/refuse")
    key = {"Idempotency-Key": "refund"}
    asked = (await ada.ask("POST", f"{order}/refunds", json={"reason": "damaged"}, headers=key)).json()
    await shop.work_off()
    given = await ada.ask("POST", f"{order}/refunds/{asked['refunds'][0]['id']}/confirm")
    held = (await ada.ask("GET", "/admin/reports/balances")).json()["gateways"]
    await shop.work_off()
    balances = (await ada.ask("GET", "/admin/reports/balances")).json()
    taxes = (await ada.ask("GET", "/admin/reports/tax")).json()["items"]
    after = (await ada.ask("GET", order)).json()

    assert bought["payment"]["status"] == "requires_action"
    assert bought["payment"]["next_action"] == {"type": "bank_transfer", "text": "Shop Ltd, XX00 1234"}
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "succeeded")
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "nothing_awaited")
    assert given.status_code == 200
    assert after["payment_status"] == "refunded"
    nothing = {"amount": 0, "currency": total["currency"]}
    assert held == [{"gateway": "manual", "held": total, "fees": nothing}]
    assert balances["gateways"] == [{"gateway": "manual", "held": nothing, "fees": nothing}]
    assert sum(each["amount"]["amount"] for each in balances["accounts"]) == 0
    assert [(each["total"], each["refunded"]) for each in taxes] == [(total, total)]


async def test_what_a_report_refuses(client: httpx.AsyncClient, shop: Shop) -> None:
    """A span that is none, and who may not see it."""
    ada = await staff(client, shop)
    empty = await ada.ask("GET", "/admin/reports/tax?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z")
    nobody = await client.get("/admin/reports/balances")

    assert (empty.status_code, problem_of(empty)["errors"][0]["field"]) == (422, "until")
    assert nobody.status_code == 401


@pytest.mark.parametrize("page", ["look-after-money.md", "paid-by-hand.md"])
async def test_every_line_of_the_page_is_answered(client: httpx.AsyncClient, shop: Shop, fill: Fill, page: str) -> None:
    """In the order of the page, each with the status that it promises."""
    ada, text = await staff(client, shop), (PAGES / page).read_text(encoding="utf-8")
    lines = re.findall(r"^    (GET|POST|PUT) (/admin\S*)(?: +(\{.*\}))? +(\d{3})\b", text, re.MULTILINE)
    names = await _named(client, shop, fill)
    answers = []
    for method, path, body, status in lines:
        for name, value in names.items():
            path = path.replace(name, value)  # noqa: PLW2901 - the line with its names filled in
        sent = {"content": body, "headers": {"Content-Type": "application/json"}} if body else {"headers": {}}
        sent["headers"]["Idempotency-Key"] = str(uuid.uuid4())
        answer = await ada.ask(method, path, **sent)
        await shop.work_off()
        answers.append((method, path, answer.status_code == int(status) or answer.text))
        if "/refunds" in path and "refunds" in answer.json():
            names["REFUND"] = answer.json()["refunds"][-1]["id"]
        if path == "/admin/reconciliations" and method == "POST":
            names |= {"RUN": answer.json()["id"], "DIFFERENCE": await _open(shop)}

    assert len(lines) >= 4
    assert [each for each in answers if each[2] is not True] == []


async def _open(shop: Shop) -> str:
    """A difference that somebody is to look into; answers its id."""
    store, at = shop._store, shop._world.clock.now()
    one = Difference(kind=Kind.EXTRA, gateway="bogus", at=at, entry="paid/p", ours=Money(500, "EUR"))
    await store.unit_of_work(lambda: store.reconciliations.put_standing(Standing(open=(one,))))
    return one.id


async def _named(client: httpx.AsyncClient, shop: Shop, fill: Fill) -> dict[str, str]:
    """Orders for the words of the pages."""
    names = {
        "TRANSFER": await ordered(client, await fill()),
        "UNPAID": await ordered(client, await fill()),
        "DOOR": await ordered(client, await fill(), method="cash_on_delivery"),
        "ORDER": await ordered(client, await fill(), gateway="bogus", method="ok"),
        "HELD": await ordered(client, await fill(), gateway="bogus", method="authorized"),
        "OTHER": await ordered(client, await fill(), gateway="bogus", method="authorized"),
    }
    await shop.work_off()
    return {name: answer.json()["order"]["id"] for name, answer in names.items()}

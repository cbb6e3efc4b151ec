"""Another try to pay that cannot be: what is said of it names what was sent, and what could be."""

import uuid
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from tests.http.conftest import PRODUCTS, Buy, Fill, client_of, problem_of, proof_of, settings_for

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(tmp_path: Path, kept_on: None) -> AsyncGenerator[Shop]:
    """Its orders are paid by hand, though another gateway is the first of its settings."""
    by_hand = {"payment_gateways": ("bogus", "manual"), "manual_details": "Shop Ltd, XX00 1234"}
    async with Shop.open(settings_for(tmp_path, **by_hand, gateway_rules=("use=manual",))) as opened:
        await opened.as_(owner()).catalog.import_products(file=opened.product_file(PRODUCTS))
        yield opened


@pytest.fixture
async def client(shop: Shop) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(shop) as opened:
        yield opened


@pytest.mark.parametrize(
    ("choice", "field", "says"),
    [
        ({"method": "gold"}, "method", "must be one of bank_transfer"),
        ({"gateway": "goldbank"}, "gateway", "must be one of manual for this order"),
        ({"return_url": "javascript:alert(1)"}, "return_url", "must be an http or https address"),
    ],
    ids=["method", "gateway", "return_url"],
)
async def test_a_refusal_names_the_fields_of_its_own_body_and_the_order_s_own_gateway(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, choice: dict[str, str], field: str, says: str
) -> None:
    """Not those of a checkout, which has the choice within `payment`; under a key the same each time."""
    bought = await buy(await fill(), "bank_transfer")
    path = f"/orders/{bought.json()['order']['id']}/payment"
    headers = {**proof_of(bought), "Idempotency-Key": str(uuid.uuid4())}
    refused, again = [await client.post(path, json=choice, headers=headers) for _ in range(2)]
    (error,) = problem_of(refused)["errors"]

    assert (refused.status_code, error["field"]) == (422, field)
    assert error["message"].startswith(says)
    assert "payment/" not in refused.text
    assert again.content == refused.content

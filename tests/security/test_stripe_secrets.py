"""What a thief finds of Stripe in the shop's file, its log and its mails: neither keys nor cards."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.http.conftest import ORDER, PRODUCTS, client_of, log_lines, settings_for
from tests.security.loot import PLANTED, Loot, a_loot

from shopcore.shop import Shop, owner
from shopcore.testing.stripe_double import Fault, stripe_double

pytestmark = pytest.mark.anyio

KEY, SECRETS = "sk_test_frobozz0123456789", ("whsec_xyzzy0123456789", "whsec_plugh0123456789")
CARDS = ("4242424242424242", "4000000000009995", "4000002760003184")
METHODS = ("pm_card_visa", "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired", None)


@pytest.fixture(params=["sqlite", "mongo"])
def loot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loot]:
    with a_loot(request.param, tmp_path / "store") as kept:
        yield kept


async def test_neither_keys_nor_cards_are_written_down(
    loot: Loot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Paid, declined, asked by the bank, left to the page, broken down; the log at its most talkative, and that of
    Stripe's own client too. The same search finds what is not secret, and what was planted.
    """
    async with stripe_double(secret_key=KEY) as double:
        double.webhooks.secrets = list(SECRETS)
        stripe = {"stripe_secret_key": KEY, "stripe_webhook_secrets": SECRETS, "stripe_api_base": double.url}
        settings = settings_for(tmp_path, store_url=loot.url, write_timeout_seconds=20.0, **stripe)
        answers: list[str] = []
        with log_lines() as lines, caplog.at_level(logging.DEBUG):
            async with Shop.open(settings) as shop, client_of(shop) as client:
                await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))

                async def deliver(body: bytes, headers: Mapping[str, str]) -> None:
                    for signed in (headers, {"Stripe-Signature": "t=1,v1=0"}):
                        answer = await client.post("/webhooks/stripe", content=body, headers=signed)
                        answers.append(answer.text)

                for number, method in enumerate((*METHODS, "pm_card_visa")):
                    if number == 4:
                        double.faults.plan(Fault.SERVER_ERROR, times=3)
                    cart = await client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
                    headers = {"X-Cart-Token": cart.headers["x-cart-token"], "Idempotency-Key": f"key-{number}"}
                    payment = {"payment": {"method": method, "return_url": "https://shop.example.org/"}}
                    bought = await client.post("/cart/checkout", json={**ORDER, **payment}, headers=headers)
                    answers.append(bought.text if method else "")
                await double.webhooks.deliver_due(deliver)
                await shop.work_off()
                await shop.as_(owner()).reconciliations.reconcile()
                secrets = [intent["client_secret"] for intent in double.account.intents.values()]
                kept = await asyncio.to_thread(loot.read)
    written = kept + repr((lines, caplog.text, repr(settings), answers)).encode()

    assert [text for text in (KEY, *SECRETS, *CARDS) if text.encode() in written] == []
    assert [text for text in secrets if text.encode() in kept] == []
    assert b"payment_intent.succeeded" in kept
    assert b"insufficient_funds" in written
    assert PLANTED in kept

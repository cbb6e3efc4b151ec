"""Stripe's other side as its own API shows it, so that it may be Stripe itself."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import stripe

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.stripe.gateway import StripeGateway
from shopcore.adapters.stripe.link import API_VERSION, Link, connected
from shopcore.kernel.money import Money
from shopcore.payments.model import Payment
from shopcore.testing.clock import ManualClock
from shopcore.testing.stripe_double.webhooks import sign

AT_STRIPE = "https://api.stripe.com"
_SECRET = "whsec_of_this_run"
_PAGES = 20


@dataclass
class AccountParty:
    """An account, looked at past the gateway, by the official client."""

    client: stripe.StripeClient
    link: Link
    clock: ManualClock
    ok: str = "pm_card_visa"
    declined: str = "pm_card_visa_chargeDeclined"
    action: str = "pm_card_authenticationRequired"
    held: str = "pm_card_visa"
    captures_later: bool = False

    def gateway(self) -> StripeGateway:
        """A gateway to this account."""
        return StripeGateway(self.link, self.clock, webhook_secrets=(_SECRET,), captures_later=self.captures_later)

    def holder(self) -> StripeGateway:
        """One that holds money first."""
        return replace(self, captures_later=True).gateway()

    def can_take(self, amount: Money) -> bool:
        """What every account can."""
        return amount.currency == "USD" and 50 <= amount.amount <= 99_999_999

    async def charges(self, payment: Payment) -> list[Any]:
        """What was charged for a payment, in whatever attempt, as far as the latest intents go."""
        asked: Any = {"limit": 100, "expand": ["data.latest_charge"]}
        found: list[Any] = []
        page = await self.client.v1.payment_intents.list_async(asked)
        for _ in range(_PAGES):
            found += [each for each in page.data if each.metadata.to_dict().get("shop_payment") == payment.id]
            if not page.has_more:
                break
            asked["starting_after"] = page.data[-1].id
            page = await self.client.v1.payment_intents.list_async(asked)
        charges: list[Any] = [each.latest_charge for each in found if each.latest_charge]
        return [each for each in charges if each.status == "succeeded"]

    async def taken(self, payment: Payment) -> int:
        """What was taken or is held for it; of dollars."""
        return sum([each.amount_captured for each in await self.charges(payment)])

    async def given_back(self, payment: Payment) -> int:
        """What was refunded of it."""
        return sum([each.amount_refunded for each in await self.charges(payment)])

    async def webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The last thing that it says of an intent of the payment, signed with the secret of this run."""
        page = await self.client.v1.events.list_async({"limit": 100})
        told: list[dict[str, Any]] = [json.loads(str(event)) for event in page.data]
        (last, *_) = [
            event
            for event in told
            if event["type"].startswith("payment_intent.")
            and event["data"]["object"]["metadata"].get("shop_payment") == payment.id
        ]
        body = json.dumps(last).encode()
        return body, sign(body, self.clock.now(), _SECRET)

    async def old_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The same, an hour ago."""
        body, _ = await self.webhook(payment)
        return body, sign(body, self.clock.now() - timedelta(hours=1), _SECRET)

    async def early_webhook(self, payment: Payment) -> tuple[bytes, Mapping[str, str]]:
        """The same, in an hour."""
        body, _ = await self.webhook(payment)
        return body, sign(body, self.clock.now() + timedelta(hours=1), _SECRET)


@asynccontextmanager
async def an_account(key: str, url: str = AT_STRIPE, *, calls_per_second: int = 20) -> AsyncIterator[AccountParty]:
    """An account with test keys; never one with money in it."""
    assert "_test_" in key, "a test key, which moves no money"
    http = stripe.AIOHTTPClient(timeout=30)
    client = stripe.StripeClient(
        key, stripe_version=API_VERSION, base_addresses={"api": url}, http_client=http, max_network_retries=2
    )
    way = connected(key, LocalChance(), api_base=url, deadline=60.0, calls_per_second=calls_per_second)
    try:
        async with way as link:
            yield AccountParty(client, link, ManualClock())
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]

"""The double beside localstripe, which others have written: what both say of the same acts, and where that one stops.

Collected where `SHOP_TEST_LOCALSTRIPE` names a Python that has it (`nox -s second_opinion` sees to that): it is a
process of its own, under a licence of its own, and no part of the shop or its environments.
"""

import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
import stripe
from tests.mongod import free_port, wait_until

from shopcore.testing.stripe_double import stripe_double

pytestmark = pytest.mark.anyio

PYTHON = os.environ.get("SHOP_TEST_LOCALSTRIPE", "")
GOOD, ASKS = "4242424242424242", "4000002760003184"
SERVER_ERRORS = 500


@dataclass
class Opinion:
    """Somebody who says what Stripe would answer."""

    client: stripe.StripeClient
    bad: str
    """A card that is declined when it is charged."""
    answers: Callable[[str, bool], Awaitable[None]]
    """The customer of an intent passes the bank's question, or does not."""

    async def intent(self, card: str | None = GOOD, key: str = "", **more: Any) -> stripe.PaymentIntent:
        """One over 19.99; confirmed, unless it has no card."""
        paying = {} if card is None else {"payment_method": await self.card(card), "confirm": True}
        asked: Any = {"amount": 1999, "currency": "usd", **paying, **more}
        return await self.client.v1.payment_intents.create_async(asked, {"idempotency_key": key} if key else {})

    async def card(self, number: str) -> str:
        """A method made of a number."""
        asked: Any = {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2039, "cvc": "123"}}
        return (await self.client.v1.payment_methods.create_async(asked)).id

    async def status(self, intent: str) -> str:
        """How it stands."""
        return (await self.client.v1.payment_intents.retrieve_async(intent)).status

    async def charge(self, intent: str) -> tuple[Any, ...]:
        """What was taken and given back."""
        found: Any = await self.client.v1.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]})
        return tuple(found.latest_charge[name] for name in ("amount", "captured", "amount_refunded", "refunded"))


async def refused(asked: Awaitable[object]) -> object:
    """How it is refused; how what came stands, if it is not."""
    try:
        return getattr(await asked, "status", None)
    except stripe.StripeError as error:
        said = error.json_body["error"] if isinstance(error.json_body, dict) else {}
        return (error.http_status, said.get("type"))


async def pays(one: Opinion) -> object:
    paid = await one.intent()
    return paid.status, await one.charge(paid.id)


async def is_declined(one: Opinion) -> object:
    return await refused(one.intent(one.bad))


async def is_declined_later(one: Opinion) -> object:
    """The intent waits for another card. (localstripe knows no `return_url`.)"""
    waits = await one.intent(None, payment_method=await one.card(one.bad))
    how = await refused(one.client.v1.payment_intents.confirm_async(waits.id, {"return_url": "https://a.example"}))
    return how, await one.status(waits.id)


async def is_held_and_captured(one: Opinion) -> object:
    held = await one.intent(capture_method="manual")
    before = await one.charge(held.id)
    await one.client.v1.payment_intents.capture_async(held.id)
    return held.status, before, await one.status(held.id), await one.charge(held.id)


async def is_captured_twice(one: Opinion) -> object:
    held = await one.intent(capture_method="manual")
    await one.client.v1.payment_intents.capture_async(held.id)
    return await refused(one.client.v1.payment_intents.capture_async(held.id))


async def is_let_go(one: Opinion) -> object:
    held = await one.intent(capture_method="manual")
    await one.client.v1.payment_intents.cancel_async(held.id)
    return await one.status(held.id)


async def is_cancelled_and_confirmed(one: Opinion) -> object:
    waits = await one.intent(None)
    cancelled = await one.client.v1.payment_intents.cancel_async(waits.id)
    return cancelled.status, await refused(one.client.v1.payment_intents.confirm_async(waits.id))


async def is_paid_and_cancelled(one: Opinion) -> object:
    paid = await one.intent()
    return await refused(one.client.v1.payment_intents.cancel_async(paid.id)), await one.status(paid.id)


async def says_yes_to_the_bank(one: Opinion) -> object:
    asked: Any = await one.intent(ASKS)
    await one.answers(asked.id, True)
    return asked.status, asked.next_action.type, await one.status(asked.id)


async def says_no_to_the_bank(one: Opinion) -> object:
    asked = await one.intent(ASKS)
    await one.answers(asked.id, False)
    return await one.status(asked.id)


async def is_refunded_in_parts(one: Opinion) -> object:
    paid, books = await one.intent(), []
    for amount in (500, 1499):
        refund = await one.client.v1.refunds.create_async({"payment_intent": paid.id, "amount": amount})
        books.append((refund.status, refund.amount, await one.charge(paid.id)))
    return books


async def is_refunded_too_much(one: Opinion) -> object:
    paid = await one.intent()
    return await refused(one.client.v1.refunds.create_async({"payment_intent": paid.id, "amount": 2000}))


async def asks_twice_under_one_key(one: Opinion) -> object:
    first, again = [await one.intent(None, key="one key") for _ in range(2)]
    return first.id == again.id


async def is_looked_for(one: Opinion) -> object:
    """By an id that there is not, and by what was noted."""
    made = await one.intent(None, metadata={"shop_key": "7"})
    found: Any = await one.client.v1.payment_intents.retrieve_async(made.id)
    return found.metadata["shop_key"], await refused(one.client.v1.payment_intents.retrieve_async("pi_nothing"))


async def is_told_what_was_received(one: Opinion) -> object:
    paid: Any = await one.intent()
    return paid.to_dict().get("amount_received")


async def is_a_customer_for_a_while(one: Opinion) -> object:
    customer: Any = await one.client.v1.customers.create_async({"metadata": {"shop_customer": "7"}})
    deleted = await one.client.v1.customers.delete_async(customer.id)
    return customer.metadata["shop_customer"], deleted.deleted


Act: TypeAlias = Callable[[Opinion], Awaitable[object]]
AGREED: tuple[Act, ...] = (
    *(pays, is_held_and_captured, is_captured_twice, is_let_go, is_cancelled_and_confirmed, is_paid_and_cancelled),
    *(says_yes_to_the_bank, says_no_to_the_bank, is_refunded_in_parts, is_looked_for, is_a_customer_for_a_while),
)
GAPS: dict[Act, object] = {
    is_declined: "requires_payment_method",
    is_declined_later: ((400, "invalid_request_error"), "requires_confirmation"),
    is_refunded_too_much: "succeeded",
    asks_twice_under_one_key: False,
    is_told_what_was_received: None,
}
"""Where localstripe stops short of what Stripe documents, and what it answers: one that it closes is noticed."""


@asynccontextmanager
async def talking(url: str, key: str) -> AsyncIterator[stripe.StripeClient]:
    """The official client."""
    http = stripe.AIOHTTPClient(timeout=20)
    yield stripe.StripeClient(key, base_addresses={"api": url}, http_client=http, max_network_retries=0)
    await http.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def ours() -> AsyncIterator[Opinion]:
    """The double's."""
    async with stripe_double() as double, talking(double.url, double.secret_key) as client:

        async def answers(intent: str, succeeds: bool) -> None:
            double.authenticate(intent, succeeds=succeeds)

        yield Opinion(client, "4000000000000002", answers)


@contextmanager
def localstripe(folder: Path) -> Iterator[str]:
    """Where it answers. It writes down all that it knows in the folder for temporary files."""
    port = free_port()
    command = [PYTHON, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    environment.pop("PYTHONPATH", None)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), "localstripe does not answer", seconds=60)
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < SERVER_ERRORS
    except httpx.TransportError:
        return False


@asynccontextmanager
async def theirs(folder: Path) -> AsyncIterator[Opinion]:
    """Localstripe's."""
    with localstripe(folder) as url:
        async with talking(url, "sk_test_12345") as client:

            async def answers(intent: str, succeeds: bool) -> None:
                secret = (await client.v1.payment_intents.retrieve_async(intent)).client_secret
                form = {"client_secret": secret, "success": str(succeeds).lower(), "key": "pk_test_12345"}
                async with httpx.AsyncClient() as page:
                    await page.post(f"{url}/v1/payment_intents/{intent}/_authenticate", data=form)

            yield Opinion(client, "4000000000000341", answers)


async def test_both_say_the_same(tmp_path: Path) -> None:
    """But for what is marked."""
    async with ours() as one, theirs(tmp_path) as other:
        said = {act: (await act(one), await act(other)) for act in (*AGREED, *GAPS)}

    assert {act.__name__: both for act, both in said.items() if act in AGREED and both[0] != both[1]} == {}
    assert {act.__name__: said[act][1] for act in GAPS} == {act.__name__: gap for act, gap in GAPS.items()}
    assert [act.__name__ for act in GAPS if said[act][0] == said[act][1]] == []

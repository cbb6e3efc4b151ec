"""Customers who pay through Stripe, each in a way of their own, and who insist until they have an answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias

from tests.load.buyers import ADDRESS, SKU
from tests.load.storm import Site
from tests.load.wire import Answer, Connection, CutOff

from shopcore.testing.stripe_double import intents
from shopcore.testing.stripe_double.errors import Refusal

CARD, DECLINED, ASKS = "pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_authenticationRequired"
_INSISTS = 300.0  # seconds; longer than any outage that a test makes
_IN_PROGRESS = {"request_in_progress"}


class Customer:
    """Somebody with a cart, a key for each thing that they want, and so many seconds to wait for news of a payment."""

    def __init__(self, site: Site, number: int, patience: float) -> None:
        self.number = number
        self.order: dict[str, Any] | None = None
        self._site = site
        self._patience = patience
        self._connection = Connection(site.url)
        self._token = ""
        self._proof: dict[str, str] = {}

    async def buy(self, method: str | None, *, times: int = 1) -> dict[str, Any]:
        """Fill a cart and order it, `times` at the same moment under one key. Answers the payment."""
        await self._fill_cart()
        headers = {"X-Cart-Token": self._token, "Idempotency-Key": f"order-{self.number}"}
        body = {"payment": {"method": method, "return_url": "https://shop.example.org/thanks"}}
        asked = (self._on_its_own("POST", "/cart/checkout", body, headers) for _ in range(times))
        answers = await asyncio.gather(*asked)
        assert {answer.status for answer in answers} == {201}, answers
        assert len({answer.content for answer in answers}) == 1, "one key, two answers"
        placed = answers[0].json()
        self.order, self._proof = placed["order"], {"X-Order-Token": placed["order_token"]}
        payment: dict[str, Any] = placed["payment"]
        return payment

    async def payment(self) -> dict[str, Any]:
        """As it stands, once something is known of it; or after all the patience."""
        until = time.monotonic() + self._patience
        while True:
            shown: dict[str, Any] = (await self._insist("GET", self._path("/payment"), None, self._proof)).json()
            if shown["status"] != "processing" or time.monotonic() > until:
                return shown
            await asyncio.sleep(0.2)

    async def pay_again(self, method: str) -> Answer:
        """Another try, after a failure."""
        headers = {**self._proof, "Idempotency-Key": f"again-{self.number}"}
        return await self._insist("POST", self._path("/payment"), {"method": method}, headers)

    async def cancel(self) -> Answer:
        """They do not want it any more."""
        headers = {**self._proof, "Idempotency-Key": f"cancel-{self.number}"}
        return await self._insist("POST", self._path("/cancel"), {"reason": "not needed"}, headers)

    async def answer_the_bank(self, payment: dict[str, Any], *, says_yes: bool) -> None:
        """On the bank's page, if there is one by now."""
        if payment["status"] == "requires_action" and "next_action" in payment:
            intent = payment["next_action"]["url"].rpartition("/")[2]
            self._site.double.authenticate(intent, succeeds=says_yes)

    async def pay_on_the_page(self, payment: dict[str, Any], *, more: int = 0) -> None:
        """Stripe's script sends the card to Stripe, a bad one before a good one, past the shop. Somebody may have set
        the intent to so many cents more at Stripe, or less.
        """
        secret = payment.get("client_secret", "")
        if more and secret:
            self._site.double.account.intents[secret.partition("_secret_")[0]]["amount"] += more
        for card in (DECLINED, CARD):
            with suppress(Refusal):  # the intent may have been cancelled meanwhile
                form = {"payment_method": card, "client_secret": secret}
                intents.confirm(self._site.double.account, secret.partition("_secret_")[0], form)

    async def leave(self) -> None:
        """Hang up."""
        await self._connection.close()

    def _path(self, of: str) -> str:
        assert self.order is not None
        return f"/orders/{self.order['id']}{of}"

    async def _fill_cart(self) -> None:
        added = await self._insist("POST", "/cart/items", {"sku": SKU, "quantity": 1}, {})
        assert added.status == 200, added.content
        self._token = added.json()["token"]
        contact = {"email": f"c{self.number}@example.com", "shipping_address": ADDRESS, "shipping_method": "standard"}
        changed = await self._insist("PATCH", "/cart", contact, {"X-Cart-Token": self._token})
        assert changed.status == 200, changed.content

    async def _on_its_own(self, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        connection = Connection(self._site.url)
        try:
            return await self._insist(method, path, body, headers, connection)
        finally:
            await connection.close()

    async def _insist(
        self, method: str, path: str, body: object, headers: dict[str, str], connection: Connection | None = None
    ) -> Answer:
        """Ask until there is an answer, as clients should, whoever dies meanwhile."""
        async with asyncio.timeout(_INSISTS):
            while True:
                with suppress(CutOff):
                    answer = await (connection or self._connection).request(method, path, body, headers)
                    if not _says_later(answer):
                        return answer
                await asyncio.sleep(0.05)


def _says_later(answer: Answer) -> bool:
    return answer.status in {429, 503} or (answer.status == 409 and answer.json()["code"] in _IN_PROGRESS)


Story: TypeAlias = Callable[[Customer], Awaitable[object]]


async def pays(customer: Customer) -> None:
    """At once."""
    await customer.buy(CARD)


async def clicks_twice(customer: Customer) -> None:
    """The same checkout, twice at the same moment."""
    await customer.buy(CARD, times=2)


async def is_declined_and_pays(customer: Customer) -> None:
    """A declined card, then a good one."""
    await customer.buy(DECLINED)
    if (await customer.payment())["status"] == "failed":
        await customer.pay_again(CARD)


async def says_yes(customer: Customer) -> None:
    """The bank asks, and is told yes."""
    await customer.buy(ASKS)
    await customer.answer_the_bank(await customer.payment(), says_yes=True)


async def says_no(customer: Customer) -> None:
    """The bank asks, and is told no; another card pays."""
    await customer.buy(ASKS)
    await customer.answer_the_bank(await customer.payment(), says_yes=False)
    await customer.pay_again(CARD)


async def leaves(customer: Customer) -> None:
    """The bank asks, and is told nothing."""
    await customer.buy(ASKS)


async def pays_and_cancels(customer: Customer) -> None:
    """And gets it all back, whatever is known of the payment by then."""
    await customer.buy(CARD)
    await customer.cancel()


async def pays_on_the_page(customer: Customer) -> None:
    """With Stripe's script."""
    await customer.buy(None)
    await customer.pay_on_the_page(await customer.payment())


async def pays_less(customer: Customer) -> None:
    """Than was asked for: the rest is waived."""
    await customer.buy(None)
    await customer.pay_on_the_page(await customer.payment(), more=-300)


async def pays_more(customer: Customer) -> None:
    """Than was asked for: it goes back."""
    await customer.buy(None)
    await customer.pay_on_the_page(await customer.payment(), more=300)


STORIES: tuple[Story, ...] = (
    *(pays, clicks_twice, is_declined_and_pays, says_yes, pays_and_cancels),
    *(pays, leaves, pays_on_the_page, says_no, pays_and_cancels),
    *(pays_less, pays_more),
)

"""What a thief finds of Stripe in the shop's file, its log and its mails: neither keys nor cards."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import structlog
from tests.http.conftest import ORDER, PRODUCTS, client_of, settings_for, unconfigured_log, written_log
from tests.security.loot import PLANTED, Loot, a_loot

from shopcore.shop import Settings, Shop, owner
from shopcore.testing.stripe_double import Fault, StripeDouble, stripe_double

KEY, SECRETS = "sk_test_frobozz0123456789", ("whsec_xyzzy0123456789", "whsec_plugh0123456789")
CARDS = ("4242424242424242", "4000 0000 0000 9995")
WORDS = ("frobozz", "xyzzy", "plugh", *CARDS)
"""Of each secret the part that stands wherever it was taken to pieces: past a prefix, within a line that was broken."""

METHODS = ("pm_card_visa", "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired", None)
BREAKS = (Fault.SERVER_ERROR, Fault.HALF_AN_ANSWER, Fault.STRANGE_ANSWER)
LOGGED = ("stripe_key_refused", "stripe_answer_broken_off", "unanticipated", "RuntimeError")
"""What is there to be searched: the lines at which a secret is nearest."""

FORMS = ("json", "text", "unconfigured")
"""The log as `shop serve` writes it, and as a program does that has the shop as a library and configures nothing."""


@contextmanager
def log_in(form: str) -> Iterator[Callable[[], str]]:
    """What the shop and every library log in that form, all of it and as it is rendered."""
    root, usual = logging.getLogger(), logging.getLogger().level
    libraries = logging.StreamHandler(StringIO())
    configured = unconfigured_log() if form == "unconfigured" else written_log(form)
    with configured as written:
        root.setLevel(logging.DEBUG)
        root.addHandler(libraries)
        try:
            yield lambda: repr(written.getvalue()) + libraries.stream.getvalue()
        finally:
            root.removeHandler(libraries)
            root.setLevel(usual)


def found_in(text: str) -> list[str]:
    """The secrets of which there is something."""
    return [word for word in WORDS if word in text]


def texts_in(folder: Path) -> str:
    """All that is written there."""
    return "".join(file.read_text() for file in folder.glob("*"))


@dataclass
class Breaks:
    """A core that fails whatever it is asked, with the key in its words and at hand where it breaks."""

    settings: Settings

    def __getattr__(self, name: str) -> Any:
        key = self.settings.stripe_secret_key
        raise RuntimeError(name, key)


@dataclass
class Visit:
    """A shop with Stripe, everything that can happen at its checkout, and what was answered."""

    shop: Shop
    client: httpx.AsyncClient
    double: StripeDouble
    answers: list[httpx.Response] = field(default_factory=list)

    async def buys(self, method: str | None) -> httpx.Response:
        cart = await self.client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
        headers = {"X-Cart-Token": cart.headers["x-cart-token"], "Idempotency-Key": f"key-{len(self.answers)}"}
        payment = {"payment": {"method": method, "return_url": "https://shop.example.org/"}}
        self.answers.append(await self.client.post("/cart/checkout", json={**ORDER, **payment}, headers=headers))
        return self.answers[-1]

    async def hears(self, body: bytes, headers: Mapping[str, str]) -> None:
        """A webhook, also one that is forged."""
        for signed in (headers, {"Stripe-Signature": "t=1,v1=0"}):
            self.answers.append(await self.client.post("/webhooks/stripe", content=body, headers=signed))

    async def lives_through_everything(self) -> None:
        """Paid, declined, asked by the bank, left to the page; broken down in each way; a key that is none any more; a
        card's number in the place of a method; a comparison; an error that nobody has thought of.
        """
        for method in METHODS:
            await self.buys(method)
        for fault in BREAKS:
            self.double.faults.plan(fault, "POST .*")
            await self.buys(METHODS[0])
        self.double.account.refuses_keys = True
        await self.buys(METHODS[0])
        self.double.account.refuses_keys = False
        for number in CARDS:
            await self.buys(number)
        await self.double.webhooks.deliver_due(self.hears)
        await self.shop.work_off()
        await self.shop.as_(owner()).reconciliations.reconcile()
        whole, self.shop._cases = self.shop._cases, cast("Any", Breaks(self.shop.settings))
        self.answers.append(await self.client.get("/products"))
        self.shop._cases = whole


@pytest.fixture(params=[("sqlite", "json"), ("sqlite", "unconfigured"), ("mongo", "text")], ids="-".join)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Loot, str]]:
    store, form = request.param
    with a_loot(store, tmp_path / "store") as kept:
        yield kept, form


@pytest.mark.anyio
async def test_neither_keys_nor_cards_are_written_down(place: tuple[Loot, str], tmp_path: Path) -> None:
    """In whatever form is logged. The same search finds what is not secret, and what was planted."""
    loot, form = place
    async with stripe_double(secret_key=KEY) as double:
        double.webhooks.secrets = list(SECRETS)
        stripe = {"stripe_secret_key": KEY, "stripe_webhook_secrets": SECRETS, "stripe_api_base": double.url}
        settings = settings_for(tmp_path, store_url=loot.url, write_timeout_seconds=20.0, **stripe)
        with log_in(form) as log:
            async with Shop.open(settings) as shop, client_of(shop) as client:
                await shop.as_(owner()).catalog.import_products(file=shop.product_file(PRODUCTS))
                visit = Visit(shop, client, double)
                await visit.lives_through_everything()
                kept = (await asyncio.to_thread(loot.read)).decode("latin-1")
        logged = log()
    mails = await asyncio.to_thread(texts_in, Path(settings.mail_folder))
    answers = "".join(answer.text for answer in visit.answers)
    secrets = [intent["client_secret"] for intent in double.account.intents.values()]
    written = "".join((kept, logged, mails, answers, repr(settings)))

    assert found_in(written) == []
    assert [text for text in secrets if text in kept] == []
    assert {200, 201, 400, 422, 500} <= {answer.status_code for answer in visit.answers}
    assert [line for line in LOGGED if line not in logged] == []
    assert "payment_intent.succeeded" in kept
    assert "insufficient_funds" in written
    assert PLANTED.decode() in kept
    assert mails


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "said", [KEY.removeprefix("sk_test_"), f"paid with {CARDS[1]}9", SECRETS[0].removeprefix("whsec_")]
)
def test_a_line_that_says_one_is_noticed(form: str, said: str) -> None:
    """In each form, where what stands behind the lines does not know it for a secret."""
    with log_in(form) as log:
        structlog.get_logger("shop.stripe").error("stripe_key_refused", used=said)

    assert found_in(log())


def test_local_variables_are_noticed() -> None:
    """Those that are shown of an exception where no log is configured; nothing in the shop logs one."""
    with log_in("unconfigured") as log:
        try:
            _ = Breaks(cast("Any", {})).anything
        except AttributeError as error:
            kept = KEY
            structlog.get_logger("shop.stripe").error(f"broken by {len(kept)}", exc_info=error)

    assert found_in(log()) == ["frobozz"]

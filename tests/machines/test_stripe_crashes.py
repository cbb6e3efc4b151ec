"""The shop dies at every boundary between itself, its store and Stripe, and is opened again each time.

Every request to Stripe is a boundary of its own: also the one between making an intent and telling it to take money.
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.contracts.stripe_party import KeysPerCall
from tests.crashes import ABOUT_MONEY, Fuse, Premises, premises
from tests.kept import STORES, kept_in
from tests.machines.test_crash_points import (
    QUANTITY,
    Buyer,
    Script,
    assert_ledger,
    assert_mails,
    assert_stock,
    died,
    recover,
    stocked,
)

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.stripe.gateway import StripeGateway
from shopcore.adapters.stripe.link import Link, connected
from shopcore.checkout.model import CheckedOut
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Guest
from shopcore.kernel.clock import Clock
from shopcore.kernel.money import Money
from shopcore.ordering.model import OrderStatus
from shopcore.payments.errors import NothingHeld
from shopcore.payments.model import MANUAL, Account, PaymentState
from shopcore.shop import Shop, owner
from shopcore.testing.stripe_double import Fault, StripeDouble, intents, stripe_double
from shopcore.testing.stripe_double.errors import Refusal

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

T = TypeVar("T")

PART = Money(700, "USD")
OK, DECLINED, ASKS = "pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_authenticationRequired"


class FusedLink(Link):
    """Dies before a request to Stripe, or when Stripe has done it and the answer is on its way."""

    def __init__(self, inner: Link, fuse: Fuse) -> None:
        self.inner = inner
        self.fuse = fuse

    @property
    def is_closed(self) -> bool:
        return self.inner.is_closed

    async def ask(self, question: Any) -> Any:
        return await self.fuse.around("request", self.inner.ask(question))


@dataclass
class AtStripe:
    """What survives a crash: the store, the mails, and Stripe."""

    place: Premises
    double: StripeDouble
    link: Link
    kind: type[StripeGateway] = StripeGateway

    def open(self, fuse: Fuse | None = None, later: timedelta = timedelta()) -> Shop:
        """A process that dies when the fuse has burnt down, at Stripe too."""
        burning = fuse or Fuse()
        gateway = self.kind(
            FusedLink(self.link, burning), SystemClock(), webhook_secrets=tuple(self.double.webhooks.secrets)
        )
        by_hand = {name: each for name, each in self.place.world.gateways.items() if name == MANUAL}
        gateways = {gateway.name: gateway, **by_hand}
        self.place.world = replace(self.place.world, gateways=gateways, default_gateway=gateway.name)
        return self.place.open(burning, later)

    async def hears(self, shop: Shop) -> None:
        """Stripe says everything twice, and the newest first."""
        self.double.webhooks.copies, self.double.webhooks.backwards = 2, True

        async def deliver(body: bytes, headers: Mapping[str, str]) -> None:
            await shop.as_(Guest()).payments.receive_webhook(gateway="stripe", body=body, headers=headers)

        await self.double.webhooks.deliver_due(deliver)
        await shop.work_off()

    @property
    def charges(self) -> list[dict[str, Any]]:
        """What was taken, refunded or not."""
        return [charge for charge in self.double.account.charges.values() if charge["captured"]]


@asynccontextmanager
async def at_stripe(folder: Path, **where: Any) -> AsyncGenerator[AtStripe]:
    """A shop's premises, and a Stripe of its own."""
    async with stripe_double() as double, premises(folder, **where) as place:
        way = connected(double.secret_key, LocalChance(), api_base=double.url, deadline=20, calls_per_second=10_000)
        async with way as link:
            yield AtStripe(place, double, link)


async def pays(shop: Shop, buyer: Buyer) -> None:
    """Buys, and the money is taken at once."""
    await buyer.check_out(shop, OK)
    await shop.work_off()


async def is_declined_and_pays_again(shop: Shop, buyer: Buyer) -> None:
    """A declined card, then a good one."""
    declined = await buyer.check_out(shop, DECLINED)
    await buyer.pay_again(shop, declined.order.id, OK)
    await shop.work_off()


async def pays_and_cancels(shop: Shop, buyer: Buyer) -> None:
    """A paid order that is cancelled: goods and money go back."""
    bought = await buyer.check_out(shop, OK)
    await shop.as_(Guest(order_token=buyer.order_token)).orders.cancel(order_id=bought.order.id, reason="not needed")
    await shop.work_off()


async def cancels_before_paying(shop: Shop, buyer: Buyer) -> None:
    """An order whose customer is asked by the bank, and leaves."""
    bought = await buyer.check_out(shop, ASKS)
    await shop.as_(Guest(order_token=buyer.order_token)).orders.cancel(order_id=bought.order.id)
    await shop.work_off()


async def is_captured_in_part(shop: Shop, buyer: Buyer) -> None:
    """Money that is held, of which staff take a part: once, whoever of them tries it again."""
    bought = await buyer.check_out(shop, OK)
    await shop.work_off()
    with suppress(NothingHeld):
        await shop.as_(owner()).payments.capture(order_id=bought.order.id, amount=PART)
    await shop.work_off()


class Holding(StripeGateway):
    """Holds the money until it is captured."""

    def __init__(
        self, link: Link, clock: Clock, *, webhook_secrets: Sequence[str], captures_later: bool = True
    ) -> None:
        super().__init__(link, clock, webhook_secrets=webhook_secrets, captures_later=captures_later)


SCRIPTS: dict[Script, bool] = {
    pays: True,
    is_declined_and_pays_again: True,
    pays_and_cancels: False,
    cancels_before_paying: False,
}
"""Each story, and whether the customer ends up with the goods."""


async def dies(stripe: AtStripe, script: Script, fuse: Fuse, due: Collection[str] = ()) -> bool:
    """Run a story until the process dies, and then to its end in processes that live; False if it lived all along."""
    buyer = await stocked(stripe.place)
    await stripe.place.tended(but=due)
    has_died = await died(stripe.open(fuse), buyer, script)
    stripe.open()
    await recover(stripe.place, buyer, script)
    return has_died


async def every_death(
    folder: Path,
    script: Script,
    due: Collection[str],
    kind: type[StripeGateway] = StripeGateway,
    fault: Fault | None = None,
    **where: Any,
) -> AsyncGenerator[AtStripe]:
    """What the story has come to after its death at its first boundary, at its second, and so on, until it lives."""
    for step in count(1):
        fuse = Fuse(step)
        async with at_stripe(folder / str(step), **where) as stripe:
            stripe.kind = kind
            if fault:
                stripe.double.faults.at_first(fault)
            has_died = await dies(stripe, script, fuse, due)
            yield stripe
        if not has_died:
            assert {"before request", "after request", "before commit", "after commit"} <= set(fuse.names)
            return


async def assert_all_agree(stripe: AtStripe, *, bought: bool) -> None:
    """Stripe's books, the ledger, the order, the stock and the mail tell the same story."""
    shop = stripe.open()
    await stripe.hears(shop)
    (order,) = (await shop.as_(owner()).orders.list()).items
    payment = await stripe.place.store.payments.of_order(order.id)
    kept = sum(charge["amount_captured"] - charge["amount_refunded"] for charge in stripe.charges)
    open_intents = [
        intent for intent in stripe.double.account.intents.values() if intent["status"] not in {"succeeded", "canceled"}
    ]

    assert len(stripe.charges) <= 1, "charged twice"
    assert (order.status is OrderStatus.PROCESSING) is bought
    assert kept == (order.totals.total.amount if bought else 0)
    assert not open_intents, "an intent that could still be paid"
    assert payment is not None
    assert payment.state is not PaymentState.PROCESSING
    await assert_stock(stripe.place, sold=QUANTITY if bought else 0)
    await assert_ledger(stripe.place, order, kept)
    assert not (await shop.as_(owner()).jobs.list(state=JobState.DEAD)).items
    assert_mails(stripe.place, expected=int(bool(stripe.charges)))


@pytest.mark.parametrize(
    ("script", "store", "fault"),
    [
        *((script, "sqlite", None) for script in SCRIPTS),
        (pays, "mongo", None),
        (pays, "sqlite", Fault.HALF_AN_ANSWER),
        (cancels_before_paying, "sqlite", Fault.HALF_AN_ERROR),
    ],
)
async def test_a_crash_at_any_boundary_charges_once_or_not_at_all(
    request: pytest.FixtureRequest, store: str, script: Script, fault: Fault | None, tmp_path: Path
) -> None:
    """Whichever step the process dies at, Stripe's books and the shop's agree to the cent in the end; also where
    Stripe's first answer to whatever it is asked breaks off in the middle.
    """
    due = ABOUT_MONEY if (script, store, fault) == (pays, "sqlite", None) else ()
    async for stripe in every_death(tmp_path, script, due, fault=fault, **kept_in(request, store)):
        await assert_all_agree(stripe, bought=SCRIPTS[script])


@pytest.mark.parametrize("store", STORES)
async def test_a_crash_while_money_is_captured_takes_that_much_once(
    request: pytest.FixtureRequest, store: str, tmp_path: Path
) -> None:
    """At every request and every commit: Stripe has taken the part, the ledger says so, and the rest is let go."""
    async for stripe in every_death(tmp_path, is_captured_in_part, (), Holding, **kept_in(request, store)):
        shop = stripe.open()
        await stripe.hears(shop)
        (order,) = (await shop.as_(owner()).orders.list()).items
        balances = {
            account: await stripe.place.store.ledger.balance(account, order.id)
            for account in (Account.CLEARING, Account.RECEIVABLE)
        }

        assert [each["amount_captured"] for each in stripe.charges] == [PART.amount]
        assert order.payment_status == "paid"
        assert balances[Account.CLEARING]["USD"] == PART
        assert balances[Account.RECEIVABLE]["USD"].amount == 0
        assert not (await shop.as_(owner()).jobs.list(state=JobState.DEAD)).items


async def test_a_crash_while_another_way_is_chosen_leaves_no_page_open(tmp_path: Path) -> None:
    """Declined on Stripe's page, then a transfer, then cancelled: in the end nobody can pay on the page any more."""
    where: dict[str, Any] = {"payment_gateways": ("bogus", "manual"), "manual_details": "Shop Ltd"}

    async def is_declined_on_the_page(stripe: AtStripe, shop: Shop, buyer: Buyer) -> CheckedOut:
        bought = await buyer.check_out(shop, None)
        assert bought.payment is not None
        with suppress(Refusal):
            asked = {"payment_method": DECLINED, "client_secret": "x", "return_url": "https://shop.example"}
            intents.confirm(stripe.double.account, str(bought.payment.reference), asked)
        await stripe.hears(shop)
        return bought

    async def changes_its_mind(shop: Shop, buyer: Buyer, bought: CheckedOut) -> None:
        await buyer.pay_again(shop, bought.order.id, "bank_transfer", MANUAL)
        await shop.as_(Guest(order_token=buyer.order_token)).orders.cancel(order_id=bought.order.id)
        await shop.work_off()

    async def whole(stripe: AtStripe, shop: Shop, buyer: Buyer) -> None:
        await changes_its_mind(shop, buyer, await is_declined_on_the_page(stripe, shop, buyer))

    async with at_stripe(tmp_path / "whole", **where) as stripe:
        buyer, fuse = await stocked(stripe.place), Fuse()
        await stripe.place.tended()
        shop = stripe.open(fuse)
        bought = await is_declined_on_the_page(stripe, shop, buyer)
        declined = len(fuse.names)  # what comes before is in the other stories
        await changes_its_mind(shop, buyer, bought)

    assert len(fuse.names) > declined
    for step in count(declined + 1):
        async with at_stripe(tmp_path / str(step), **where) as stripe:
            has_died = await dies(stripe, partial(whole, stripe), Fuse(step))
            await assert_all_agree(stripe, bought=False)
        if not has_died:
            break


async def test_keys_that_change_with_every_call_are_noticed(tmp_path: Path) -> None:
    """The planted bug: some crash charges twice."""
    noticed = 0
    for step in range(1, 14):
        async with at_stripe(tmp_path / str(step)) as stripe:
            stripe.kind = KeysPerCall
            assert await dies(stripe, pays, Fuse(step))
            noticed += len(stripe.charges) > 1

    assert noticed

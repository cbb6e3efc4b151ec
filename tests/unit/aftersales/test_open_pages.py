"""A page at Stripe that showed a decline can still be paid: until the shop has closed it, whatever comes after it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.crashes import Premises, premises
from tests.kept import STORES, kept_in
from tests.machines.test_crash_points import stocked

from shopcore.checkout.model import CheckedOut, CheckOutCommand, PaymentChoice, Refused, Reply
from shopcore.jobs.model import JobState
from shopcore.kernel.actor import Guest, System
from shopcore.ordering.model import Order
from shopcore.payments.errors import PaymentUnderWay
from shopcore.payments.model import Payment, try_again
from shopcore.shop import Shop, owner
from shopcore.testing.stripe_double import StripeDouble, intents, stripe_double
from shopcore.testing.stripe_double.errors import Refusal

pytestmark = pytest.mark.anyio

DECLINED, GOOD, DEBIT = "pm_card_visa_chargeDeclined", "pm_card_visa", "pm_usBankAccount_success"
TRANSFER = PaymentChoice(gateway="manual", method="bank_transfer")
CARD = PaymentChoice(method=GOOD, return_url="https://shop.example/thanks")
LATER = timedelta(days=30)  # longer than an order waits for a transfer


@dataclass
class Till:
    """A shop that is paid at Stripe's page or by transfer, and an order whose buyer was declined on the page."""

    place: Premises
    stripe: StripeDouble
    shop: Shop
    placed: CheckedOut

    @property
    def intent(self) -> Any:
        """What Stripe has of the first attempt."""
        payment = self.placed.payment
        assert payment is not None
        return self.stripe.account.intents[str(payment.reference)]

    async def hears(self) -> None:
        """All that Stripe has said is done, and whatever follows from it."""

        async def deliver(body: bytes, headers: Mapping[str, str]) -> None:
            await self.shop.as_(Guest()).payments.receive_webhook(gateway="stripe", body=body, headers=dict(headers))

        await self.stripe.webhooks.deliver_due(deliver)
        await self.shop.work_off()

    async def page_pays(self, method: str) -> bool:
        """The buyer goes on at the page of the first attempt; whether Stripe lets them."""
        asked = {"payment_method": method, "client_secret": "x", "return_url": "https://shop.example/thanks"}
        try:
            intents.confirm(self.stripe.account, self.intent["id"], asked)
        except Refusal:
            return False
        return True

    async def tries(self, choice: PaymentChoice) -> Reply:
        """Another way to pay."""
        paying = self.shop.as_(Guest(order_token=self.placed.order_token)).checkout
        return await paying.retry_payment(order_id=self.placed.order.id, choice=choice, key="another")

    async def cancels(self) -> None:
        """The buyer wants it no more."""
        await self.shop.as_(Guest(order_token=self.placed.order_token)).orders.cancel(order_id=self.placed.order.id)
        await self.hears()

    async def transfer_comes(self) -> None:
        """Staff say so."""
        await self.shop.as_(owner()).by_hand.confirm(order_id=self.placed.order.id)
        await self.hears()

    async def expires(self) -> None:
        """Its time is over, and a worker has looked."""
        cases = self.place.open(later=LATER)._cases.upkeep
        await cases.expire_order(System(kind="expire_order"), order_id=self.placed.order.id)

    async def left_open(self) -> None:
        """A shop of before went on to a transfer without closing the page, and remembers nothing of it."""
        now = self.shop._world.clock.now()

        def go_on(held: Payment) -> Payment:
            return replace(try_again(replace(held, closed=(1,)), ["manual"], "bank_transfer", None, now), closed=())

        payment = await self.payment()
        await self.place.store.unit_of_work(partial(self.place.store.payments.update, payment.id, go_on))
        await self.shop._cases.payments.resolve(System(kind="resolve_payment"), payment_id=payment.id)

    async def order(self) -> Order:
        """As it stands."""
        return await self.shop.as_(owner()).orders.show(order_id=self.placed.order.id)

    async def payment(self) -> Payment:
        """As it stands."""
        found = await self.place.store.payments.of_order(self.placed.order.id)
        assert found is not None
        return found

    async def stands(self) -> tuple[str, str, str]:
        """The order, its payment, and the first attempt at Stripe."""
        return (await self.order()).status.value, (await self.payment()).state.value, str(self.intent["status"])

    def kept(self) -> int:
        """What Stripe has taken and not given back."""
        charges = self.stripe.account.charges.values()
        return sum(one["amount_captured"] - one["amount_refunded"] for one in charges if one["captured"])

    async def mails_about(self, what: str) -> int:
        """How many there are."""
        folder = Path(self.place.settings.mail_folder)
        return await asyncio.to_thread(lambda: len(list(folder.glob(f"{what}*.eml"))))

    async def dead(self) -> int:
        """Jobs that were given up."""
        return len((await self.shop.as_(owner()).jobs.list(state=JobState.DEAD)).items)


Opens = Callable[..., Any]


@pytest.fixture(params=STORES)
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Opens:
    """Opens one, on each store."""

    @asynccontextmanager
    async def open_one(**changes: Any) -> AsyncGenerator[Till]:
        async with stripe_double() as double:
            way = {
                "stripe_secret_key": double.secret_key,
                "stripe_api_base": double.url,
                "stripe_webhook_secrets": tuple(double.webhooks.secrets),
                "payment_timeout_seconds": 20.0,
                "payment_gateways": ("stripe", "manual"),
                "manual_details": "Shop Ltd, XX00 1234",
            }
            async with premises(tmp_path, **way, **changes, **kept_in(request, request.param)) as place:
                buyer, shop = await stocked(place), place.open()
                asked = CheckOutCommand(payment=PaymentChoice(return_url="https://shop.example/thanks"))
                reply = await shop.as_(Guest(cart_token=buyer.cart_token)).checkout.check_out(command=asked, key="key")
                assert isinstance(reply.outcome, CheckedOut)
                opened = Till(place, double, shop, reply.outcome)
                assert not await opened.page_pays(DECLINED)
                await opened.hears()
                assert await opened.stands() == ("pending", "failed", "requires_payment_method")
                yield opened

    return open_one


@pytest.mark.parametrize("capture", ["automatic", "manual"])
async def test_a_page_is_closed_before_another_way_is_gone(till: Opens, capture: str) -> None:
    """Nothing is taken or held there beside the transfer."""
    async with till(stripe_capture=capture) as shop:
        await shop.tries(TRANSFER)
        waiting, can_pay = await shop.stands(), await shop.page_pays(GOOD)
        await shop.transfer_comes()

        assert (waiting, can_pay) == (("pending", "requires_action", "canceled"), False)
        assert (await shop.stands())[:2] == ("processing", "succeeded")
        assert shop.kept() == 0
        assert not await shop.dead()


@pytest.mark.parametrize("choice", [TRANSFER, CARD], ids=["transfer", "card"])
async def test_a_debit_under_way_on_a_page_that_was_declined_keeps_its_order(
    till: Opens, choice: PaymentChoice
) -> None:
    """It is neither tried otherwise, nor cancelled, nor expires; and when it comes it has paid, once."""
    async with till() as shop:
        assert await shop.page_pays(DEBIT)
        await shop.hears()
        refused = (await shop.tries(choice)).outcome
        with pytest.raises(PaymentUnderWay):
            await shop.cancels()
        await shop.expires()
        waiting = await shop.stands()
        intents.settle(shop.stripe.account, shop.intent["id"], succeeds=True)
        await shop.hears()

        assert isinstance(refused, Refused)
        assert refused.code == "payment_processing"
        assert waiting[::2] == ("pending", "processing")
        assert await shop.stands() == ("processing", "succeeded", "succeeded")
        assert shop.kept() == (await shop.order()).totals.total.amount
        assert not (await shop.order()).refunds


@pytest.mark.parametrize("end", [Till.cancels, Till.expires, Till.transfer_comes], ids=lambda end: end.__name__)
async def test_a_page_that_was_left_open_is_closed_with_its_order(till: Opens, end: Callable[[Till], Any]) -> None:
    """By who cancels it and by the clock; where it is paid otherwise, by a job."""
    async with till() as shop:
        await shop.left_open()
        await end(shop)

        status, _, at_stripe = await shop.stands()
        assert (status, at_stripe) == ("processing" if end is Till.transfer_comes else "cancelled", "canceled")
        assert not await shop.dead()


async def test_what_a_page_that_was_left_open_holds_is_let_go(till: Opens) -> None:
    """Heard of by its event alone; the order waits for its transfer as before."""
    async with till(stripe_capture="manual") as shop:
        await shop.left_open()
        assert await shop.page_pays(GOOD)
        assert shop.intent["status"] == "requires_capture"
        await shop.hears()

        assert await shop.stands() == ("pending", "requires_action", "canceled")
        assert shop.kept() == 0


async def test_a_debit_on_a_page_that_was_left_open_keeps_its_order(till: Opens) -> None:
    """Neither cancelled nor expired, though another attempt waits by now; that one is stopped when the debit comes."""
    async with till() as shop:
        await shop.left_open()
        assert await shop.page_pays(DEBIT)
        await shop.hears()
        with pytest.raises(PaymentUnderWay):
            await shop.cancels()
        await shop.expires()
        waiting = await shop.stands()
        intents.settle(shop.stripe.account, shop.intent["id"], succeeds=True)
        await shop.hears()

        assert waiting == ("pending", "requires_action", "processing")
        assert (await shop.stands())[:2] == ("processing", "succeeded")
        assert (await shop.payment()).charges[0].number == 1
        assert (await shop.payment()).closed == (2,)


async def test_what_was_taken_all_the_same_goes_back_with_a_mail(till: Opens) -> None:
    """The transfer came, and the page was paid in the same moment."""
    async with till() as shop:
        await shop.left_open()
        assert await shop.page_pays(GOOD)
        await shop.transfer_comes()
        await shop.hears()
        mails = await shop.mails_about("order-refunded")

        assert (await shop.stands())[:2] == ("processing", "succeeded")
        assert [(one.status.value, one.attempt) for one in (await shop.order()).refunds] == [("done", 1)]
        assert shop.kept() == 0
        assert mails == 1

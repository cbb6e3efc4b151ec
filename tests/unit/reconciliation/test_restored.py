"""After a backup was put back, what Stripe has moved since then is taken in: to the cent, and nobody is paid twice."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.kept import STORES, kept_in
from tests.stories import PRICE
from tests.unit.reconciliation.conftest import DECLINED, VISA, AtStripe, a_shop
from tests.unit.reconciliation.restored import backed_up
from tests.unit.reconciliation.test_differences import kinds

from shopcore.checkout.model import PaymentChoice
from shopcore.jobs.model import JobState
from shopcore.kernel.money import Money
from shopcore.payments.errors import ChargedElsewhere
from shopcore.payments.model import Account, Attempt, Kind
from shopcore.testing.stripe_double import intents, money

pytestmark = pytest.mark.anyio

PART = Money(700, "USD")


@pytest.fixture(params=STORES)
async def on_disk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[AtStripe]:
    """A shop that can be backed up."""
    kept = {"store_url": f"sqlite:///{tmp_path}/shop.db"} | kept_in(request, request.param)
    async with a_shop(tmp_path, **kept) as shop:
        yield shop


async def assert_books_equal_the_balance(at_stripe: AtStripe) -> None:
    """Nothing differs, and what the books say that Stripe holds and has kept is what Stripe says."""
    moved = at_stripe.account.transactions.values()
    assert kinds(await at_stripe.compare()) == []
    assert await at_stripe.story.balance(Account.CLEARING) == sum(one["net"] for one in moved)
    assert await at_stripe.story.balance(Account.FEE) == sum(one["fee"] for one in moved)
    assert not await at_stripe.story.jobs("dead")


@pytest.mark.parametrize(
    ("has_ended", "stands", "kept"),
    [(False, ("processing", "paid", "succeeded"), 1), (True, ("cancelled", "refunded", "succeeded"), 0)],
    ids=["in time", "after its order"],
)
async def test_money_of_a_lost_attempt_is_taken_in(
    on_disk: AtStripe, tmp_path: Path, has_ended: bool, stands: tuple[str, str, str], kept: int
) -> None:
    """The card was declined, the store was backed up, the second card paid: of that attempt the store knows nothing."""
    bought = await on_disk.buys(DECLINED)
    async with backed_up(on_disk.story, tmp_path) as restore:
        again = PaymentChoice(gateway="stripe", method=VISA)
        await on_disk.story.as_(bought.guest).checkout.retry_payment(order_id=bought.id, choice=again, key="again")
        paid = await bought.stands()
        await restore()
        lost = await bought.stands()
        if has_ended:
            await bought.cancel()
        found = await on_disk.compare(20)
        await on_disk.story.settles()
        await on_disk.compare()

        assert (paid, lost) == (("processing", "paid", "succeeded"), ("pending", "failed", "failed"))
        assert [(one.kind, one.attempt, one.repairs) for one in found.differences] == [(Kind.MISSING, 2, True)]
        assert await bought.stands() == stands
        assert await on_disk.story.balance(Account.RECEIVABLE) == 0
        charged = on_disk.account.charges.values()
        assert sum(one["amount_captured"] - one["amount_refunded"] for one in charged) == kept * PRICE.amount
        await assert_books_equal_the_balance(on_disk)


async def test_a_lost_attempt_whose_number_was_given_again_elsewhere_is_for_a_person(at_stripe: AtStripe) -> None:
    """Of two gateways, before anybody compared: both attempts are the second, and no refund may go to the wrong one."""
    bought = await at_stripe.buys(DECLINED)
    payment = await bought.payment()
    first = at_stripe.account.intents[payment.reference]
    marks = {**first["metadata"], "shop_key": f"{payment.id}:2"}
    asked = {"amount": "2000", "currency": "usd", "metadata": marks, "payment_method": VISA, "confirm": "true"}
    lost = intents.create(at_stripe.account, {**asked, "return_url": "https://shop.example"})
    tried = Attempt(number=1, gateway="stripe", reference=payment.reference)
    store = at_stripe.story.place.store
    await store.unit_of_work(
        lambda: store.payments.update(
            payment.id, lambda held: replace(held, attempt=2, gateway="bogus", reference=None, earlier=(tried,))
        )
    )
    at_stripe.story.with_gateways(at_stripe.party.gateway(), at_stripe.story.place.bank.gateway)
    found = await at_stripe.compare()
    listed = Attempt(number=2, gateway="stripe", reference=lost["id"])

    assert [(one.kind, one.gateway, one.repairs) for one in found.differences] == [(Kind.MISSING, "stripe", False)]
    with pytest.raises(ChargedElsewhere):
        await at_stripe.story.staff.payments.confirm_charges(payment_id=payment.id, listed=listed)
    assert (await bought.payment()).charges == ()


async def test_a_lost_refund_is_taken_in_and_not_given_twice(on_disk: AtStripe, tmp_path: Path) -> None:
    """The store was backed up before it: of the rest only can more go back."""
    story = on_disk.story
    bought = await on_disk.buys()
    async with backed_up(story, tmp_path) as restore:
        given = (await story.staff.orders.refund(order_id=bought.id, amount=PART, reason="damaged")).refunds[0]
        await story.settles()
        await restore()
        lost = await bought.order()
        found = await on_disk.compare(20)
        await story.settles()
        after = await bought.order()
        rest = await story.staff.orders.refund(order_id=bought.id, reason="all of it")
        await story.settles()

        assert lost.refunds == ()
        assert [(one.kind, one.refund_id, one.repairs) for one in found.differences] == [(Kind.MISSING, given.id, True)]
        assert [(one.id, one.amount, one.status) for one in after.refunds] == [(given.id, PART, "done")]
        assert (after.payment_status, rest.refunds[-1].amount) == ("partially_refunded", PRICE - PART)
        assert await bought.stands() == ("processing", "refunded", "succeeded")
        await assert_books_equal_the_balance(on_disk)


async def test_a_lost_charge_and_its_lost_refund_are_taken_in_together(on_disk: AtStripe, tmp_path: Path) -> None:
    """Whichever job comes first."""
    story = on_disk.story
    bought = await on_disk.buys(DECLINED)
    async with backed_up(story, tmp_path) as restore:
        again = PaymentChoice(gateway="stripe", method=VISA)
        await story.as_(bought.guest).checkout.retry_payment(order_id=bought.id, choice=again, key="again")
        await story.staff.orders.refund(order_id=bought.id, amount=PART, reason="damaged")
        await story.settles()
        await restore()
        found = await on_disk.compare(20)
        await story.settles()
        await on_disk.compare()

        assert [(one.kind, one.repairs) for one in found.differences] == [(Kind.MISSING, True)] * 2
        assert await bought.stands() == ("processing", "partially_refunded", "succeeded")
        assert [(one.amount, one.status) for one in (await bought.order()).refunds] == [(PART, "done")]
        await assert_books_equal_the_balance(on_disk)


async def test_a_refund_that_the_order_still_waits_for_is_settled(at_stripe: AtStripe) -> None:
    """Its own job is gone: a person has discarded it. It is the order's refund, with its reason, and no second one."""
    story = at_stripe.story
    bought = await at_stripe.buys()
    asked = (await story.staff.orders.refund(order_id=bought.id, amount=PART, reason="damaged")).refunds[0]
    waiting = (await story.staff.jobs.list(state=JobState.WAITING, limit=100)).items
    for job in waiting:
        if job.kind == "carry_out_refund":
            await story.staff.jobs.discard(job_id=job.id)
    reference = (await bought.payment()).reference
    marks = {"shop_refund": asked.id, "shop_key": f"{asked.payment_id}:1"}
    money.refund(at_stripe.account, {"payment_intent": reference, "amount": PART.amount, "metadata": marks})
    await story.settles()
    before = (await bought.order()).refunds
    await at_stripe.compare()
    await story.settles()

    assert [(one.id, one.status) for one in before] == [(asked.id, "requested")]
    (settled,) = (await bought.order()).refunds
    assert (settled.id, settled.reason, settled.status) == (asked.id, "damaged", "done")
    await assert_books_equal_the_balance(at_stripe)

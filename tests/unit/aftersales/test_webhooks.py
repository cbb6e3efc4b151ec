"""What a bank says by webhook: believed only when it is signed, kept before anything is done, done once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest
from tests.banks import Bank
from tests.stories import PRICE, Bought, Story, assert_nothing_sold, assert_one_purchase

from shopcore.adapters.bogus.accounts import Notice
from shopcore.adapters.bogus.webhooks import sign
from shopcore.aftersales.model.webhooks import FOREIGN, KIND, MOST_TRIES, done_again
from shopcore.jobs.model import JobState, give_up, pause_after
from shopcore.kernel.actor import Guest, Staff, System
from shopcore.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from shopcore.kernel.ids import OrderId, PaymentId, RefundId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.payments.errors import BadSignature, GatewayUnavailable, PaymentNotFound, WebhookForgotten
from shopcore.payments.model import (
    Account,
    Dispute,
    DisputeNews,
    DisputeState,
    NextAction,
    Payment,
    PaymentState,
    RefundNews,
    Report,
)
from shopcore.payments.ports import Aside, GatewayEvent

pytestmark = pytest.mark.anyio

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Postman:
    """Brings what the bank signed, and what others did."""

    story: Story
    sent: int = 0
    letters: list[bytes] = field(default_factory=list)

    async def brings(self, body: bytes, headers: Mapping[str, str], gateway: str = "bogus") -> None:
        """One webhook, at the shop's door."""
        payments = self.story.as_(Guest()).payments
        await payments.receive_webhook(gateway=gateway, body=body, headers=headers)

    def letter(self, payment: Payment, state: PaymentState, **changes: object) -> bytes:
        """The bank's news of a payment."""
        self.sent += 1
        report = Report(payment_id=payment.id, attempt=payment.attempt, state=state, amount=payment.amount)
        changed = msgspec.structs.replace(report, **changes)
        return msgspec.json.encode(Notice(id=f"event-{self.sent}", type="news", report=changed))

    def signed(self, body: bytes) -> dict[str, str]:
        """As only the bank can."""
        return sign(self.story.place.bank.gateway._secret, body, self.story.clock.now())


async def waiting(story: Story) -> tuple[Bought, Postman, Payment]:
    """An order whose customer has to act."""
    await story.sell()
    bought = await story.buy("requires_action")
    return bought, Postman(story), await bought.payment()


async def test_a_webhook_that_the_bank_did_not_sign_changes_nothing(story: Story) -> None:
    """Unsigned, signed by another, for another body, or replayed an hour later."""
    bought, postman, payment = await waiting(story)
    body = postman.letter(payment, PaymentState.SUCCEEDED)
    other = postman.letter(payment, PaymentState.FAILED)
    old = postman.signed(body)
    for headers in ({}, {"bogus-signature": "t=1,v1=00"}, sign(b"guessed", body, story.clock.now())):
        with pytest.raises(BadSignature):
            await postman.brings(body, headers)
    with pytest.raises(BadSignature):
        await postman.brings(other, old)
    await story.clock.advance(301)
    with pytest.raises(BadSignature):
        await postman.brings(body, old)

    await story.settles()
    assert await bought.stands() == ("pending", "unpaid", "requires_action")
    assert await story.place.store.inbox.get("bogus", "event-1") is None


async def test_a_signed_body_that_says_nothing_is_refused(story: Story) -> None:
    """By name, and not stored; so is a gateway that the shop does not have."""
    bought, postman, payment = await waiting(story)
    for body in (b"", b"{}", b"\xff", b'{"id": 1}'):
        with pytest.raises(InvalidInput):
            await postman.brings(body, postman.signed(body))
    body = postman.letter(payment, PaymentState.SUCCEEDED)
    with pytest.raises(PaymentNotFound):
        await postman.brings(body, postman.signed(body), gateway="goldbank")
    assert (await bought.order()).status == "pending"


async def test_it_is_stored_first_and_done_later(story: Story) -> None:
    """The bank gets its answer at once; the work is a job."""
    bought, postman, payment = await waiting(story)
    body = postman.letter(payment, PaymentState.FAILED)
    await postman.brings(body, postman.signed(body))
    assert await bought.stands() == ("pending", "unpaid", "requires_action")
    assert "process_webhook" in await story.jobs(JobState.WAITING)

    await story.shop.work_off()
    assert await bought.stands() == ("pending", "failed", "failed")


async def test_the_same_event_is_done_once_however_often_it_comes(story: Story) -> None:
    """Ten times at once, and again the next day."""
    bought, postman, payment = await waiting(story)
    await bought.decide(approve=True)
    body = postman.letter(payment, PaymentState.SUCCEEDED)
    await asyncio.gather(*(postman.brings(body, postman.signed(body)) for _ in range(10)))
    await story.settles()
    await postman.brings(body, postman.signed(body))
    await story.settles()

    await assert_one_purchase(story, bought)
    assert (await bought.events()).count("paid") == 1


async def test_late_news_does_not_undo_what_is_known(story: Story) -> None:
    """Paid; then "processing", "failed" and "voided" arrive, in the wrong order."""
    bought, postman, payment = await waiting(story)
    await bought.decide(approve=True)
    await story.settles()
    for state in (PaymentState.PROCESSING, PaymentState.FAILED, PaymentState.VOIDED, PaymentState.REQUIRES_ACTION):
        body = postman.letter(payment, state)
        await postman.brings(body, postman.signed(body))
        await story.settles()

    await assert_one_purchase(story, bought)


async def test_another_currency_does_not_pay(story: Story) -> None:
    """The same figure is not the same money; and what is only held must be all that was asked for."""
    bought, postman, payment = await waiting(story)
    yen, less = Money(PRICE.amount, "JPY"), PRICE - Money(1, "USD")
    for state, amount in ((PaymentState.SUCCEEDED, yen), (PaymentState.AUTHORIZED, less)):
        body = postman.letter(payment, state, amount=amount)
        await postman.brings(body, postman.signed(body))
    await story.shop.work_off()

    assert (await bought.order()).status == "pending"


async def test_a_cent_less_is_a_cent_less(story: Story) -> None:
    """The books have what came, and no refund can be of more; the timeline says how much that was."""
    bought, postman, payment = await waiting(story)
    less = PRICE - Money(1, "USD")
    body = postman.letter(payment, PaymentState.SUCCEEDED, amount=less)
    await postman.brings(body, postman.signed(body))
    await story.shop.work_off()
    notes = [entry.note for entry in (await bought.order()).timeline if entry.event == "paid"]

    assert (await bought.payment()).captured == less
    assert notes == [f"{less} instead of {PRICE}"]
    assert await story.balance(Account.CLEARING) == less.amount
    assert await story.balance(Account.RECEIVABLE) == 0


async def test_news_of_a_payment_that_is_not_known_is_kept_and_tried_again(story: Story) -> None:
    """It may be faster than the shop's own writing."""
    _, postman, payment = await waiting(story)
    stranger = msgspec.structs.replace(payment, id=PaymentId("unknown"), order_id=OrderId("unknown"))
    body = postman.letter(stranger, PaymentState.SUCCEEDED)
    await postman.brings(body, postman.signed(body))
    await story.settles()
    (job,) = [one for one in (await story.staff.jobs.list(state=JobState.WAITING)).items if "webhook" in one.kind]
    await story.passes(10 * 60)
    kept = await story.place.store.queue.get(job.id)
    aside = await story.place.store.inbox.aside("bogus", "event-1")
    looks = list[float]()
    while aside is not None:
        looks.append((aside.look_at - aside.received_at) / timedelta(hours=1))
        await story.clock.advance((aside.look_at - story.clock.now()).total_seconds())
        await story.staff.payments.match_webhooks()
        aside = await story.place.store.inbox.aside("bogus", "event-1")

    assert job.attempts == 2, "at once, and after a minute"
    assert job.last_error == "payment_not_found: there is no such payment"
    assert await story.place.store.inbox.get("bogus", "event-1") is not None
    assert (kept.state, kept.attempts) == (JobState.DONE, 3)
    assert looks == [1, 6, 24, 3 * 24, 10 * 24, 30 * 24, 60 * 24, 90 * 24]


async def test_what_was_set_aside_is_done_once_its_payment_is_here(story: Story) -> None:
    """By itself: such as after a backup was put back, and what was missing in it brought after that."""
    _, postman, payment = await waiting(story)
    late = msgspec.structs.replace(
        payment, id=PaymentId("late"), order_id=OrderId("late"), state=PaymentState.REQUIRES_PAYMENT
    )
    body = postman.letter(late, PaymentState.PROCESSING)
    await postman.brings(body, postman.signed(body))
    for _ in range(14):
        await story.passes(6 * 3_600)
    aside = [each.payment_id for each in await story.staff.payments.list_webhooks(foreign=True)]
    await story.place.store.unit_of_work(lambda: story.place.store.payments.add(late))
    await story.passes(7 * 86_400)
    await story.settles()

    assert aside == ["late"]
    assert (await story.place.store.payments.get(late.id)).state is not PaymentState.REQUIRES_PAYMENT
    assert await story.staff.payments.list_webhooks(foreign=True) == []


async def test_news_of_a_payment_of_another_shop_is_set_aside(story: Story) -> None:
    """After ten minutes: no dead letter and no job, so that those of this shop are seen. It is listed, can be done
    again once its payment is there after all, and is forgotten like any other.
    """
    _, postman, payment = await waiting(story)
    for name in ("theirs", "late"):
        stranger = msgspec.structs.replace(payment, id=PaymentId(name), order_id=OrderId(name))
        body = postman.letter(stranger, PaymentState.PROCESSING)
        await postman.brings(body, postman.signed(body))
    await story.settles()
    await story.passes(10 * 60)
    aside = {each.payment_id: each for each in await story.staff.payments.list_webhooks(foreign=True)}
    waiting_jobs = [each.kind for each in await story.staff.jobs.depth() if "webhook" in each.kind]
    late = msgspec.structs.replace(
        payment, id=PaymentId("late"), order_id=OrderId("late"), state=PaymentState.REQUIRES_PAYMENT
    )
    await story.place.store.unit_of_work(lambda: story.place.store.payments.add(late))
    replayed = await story.staff.payments.replay_webhooks(event_ids=["event-1", "event-2", "event-3"])
    await story.settles()
    found = await story.place.store.payments.get(late.id)
    left = [each.payment_id for each in await story.staff.payments.list_webhooks(foreign=True)]
    await story.passes(91 * 86_400)

    assert (replayed, waiting_jobs) == (2, [])
    assert set(aside) == {"theirs", "late"}
    assert await story.staff.payments.list_webhooks() == []
    assert found.state is PaymentState.PROCESSING
    assert left == ["theirs"]
    assert await story.staff.payments.list_webhooks(foreign=True) == []
    assert await story.place.store.inbox.get("bogus", "event-1") is None


def aside_of(event: GatewayEvent, payment_id: PaymentId, at: datetime, look_at: datetime) -> Aside:
    """The mark of one that was received then."""
    event_id = event.event_id
    return Aside(gateway="bogus", event_id=event_id, payment_id=payment_id, received_at=at, look_at=look_at)


class Mute(Bank):
    """Does not say whose a refund is."""

    async def find(self, reference: str) -> Report | None:
        raise GatewayUnavailable(self.name)


async def test_news_that_was_set_aside_and_cannot_be_done_then_is_seen(story: Story) -> None:
    """Somebody has it tried again while its bank says nothing: given up as late as any other, it is listed, and its
    event is kept until somebody has decided.
    """
    told = RefundNews(refund_id=RefundId("theirs"), reference="theirs", done=False)
    event = GatewayEvent(gateway="bogus", event_id="theirs", type="news", refund=told)
    long_ago = story.clock.now()
    await story.place.store.inbox.store(event, long_ago)
    aside = done_again(aside_of(event, PaymentId("theirs"), long_ago, long_ago), long_ago)
    tried_twice = msgspec.structs.replace(aside, max_attempts=2)
    story.with_gateway(Mute(story.place.bank.gateway))
    await story.place.store.unit_of_work(partial(story.place.store.jobs.enqueue, tried_twice))
    await story.settles()
    await story.passes(60)
    (dead,) = await story.staff.payments.list_webhooks()
    await story.passes(91 * 86_400)

    assert sum(pause_after(tries, 0.0) for tries in range(aside.max_attempts)) > 4 * 86_400
    assert dead.event_id == "theirs"
    assert str(dead.last_error).startswith("gateway_unavailable")
    assert await story.place.store.inbox.get("bogus", "theirs") is not None


class Knowing(Bank):
    """Says that a refund is of another shop's payment, and counts how often it is asked."""

    finds = 0

    async def find(self, reference: str) -> Report | None:
        self.finds += 1
        return Report(payment_id=PaymentId("theirs"), attempt=1, state=PaymentState.SUCCEEDED, amount=PRICE)


async def test_whose_a_refund_is_that_was_set_aside_is_asked_once_for_each_try(story: Story) -> None:
    """Its mark says it, so whether the payment is here is asked of nobody."""
    bank = Knowing(story.place.bank.gateway)
    story.with_gateway(bank)
    told = RefundNews(refund_id=RefundId("theirs"), reference="theirs", done=True)
    at = story.clock.now()
    await story.place.store.inbox.store(GatewayEvent(gateway="bogus", event_id="e", type="news", refund=told), at)
    await story.clock.advance(600)
    await story.shop._cases.payments.process_webhook(System(kind="test"), gateway="bogus", event_id="e", received_at=at)
    aside = await story.place.store.inbox.aside("bogus", "e")
    await story.passes(90 * 86_400)

    assert aside is not None
    assert (aside.payment_id, aside.look_at) == ("theirs", at + timedelta(hours=1))
    assert bank.finds == 1


async def test_a_job_of_what_was_set_aside_before_there_were_marks_becomes_one(story: Story) -> None:
    """When it is due; it is among those that wait until then."""
    _, postman, payment = await waiting(story)
    stranger = msgspec.structs.replace(payment, id=PaymentId("theirs"), order_id=OrderId("theirs"))
    event = story.place.bank.gateway.read_webhook(
        body := postman.letter(stranger, PaymentState.PROCESSING), postman.signed(body)
    )
    at = story.clock.now()
    await story.place.store.inbox.store(event, at)
    payload = {"gateway": "bogus", "event_id": event.event_id, "received_at": at.isoformat()}
    job = NewJob(kind=FOREIGN, payload=payload, run_at=at + timedelta(days=10), max_attempts=MOST_TRIES)
    await story.place.store.unit_of_work(lambda: story.place.store.jobs.enqueue(job))
    before = [each.event_id for each in await story.staff.payments.list_webhooks(state=JobState.WAITING)]
    await story.passes(10 * 86_400)
    aside = await story.place.store.inbox.aside("bogus", event.event_id)

    assert before == [event.event_id]
    assert aside is not None
    assert (aside.payment_id, aside.look_at) == ("theirs", at + timedelta(days=30))
    assert await story.staff.payments.list_webhooks(state=JobState.WAITING) == []


async def test_of_many_that_were_set_aside_those_are_done_whose_payment_is_here(story: Story) -> None:
    """More than are looked at at once; the others wait for their next moment, and nobody is asked about them."""
    bought, postman, payment = await waiting(story)
    at, inbox = story.clock.now(), story.place.store.inbox
    marks = list[Aside]()

    async def work() -> None:
        for number in range(600):
            mine = number == 555
            of = payment if mine else msgspec.structs.replace(payment, id=PaymentId(f"theirs-{number}"))
            body = postman.letter(of, PaymentState.SUCCEEDED)
            event = story.place.bank.gateway.read_webhook(body, postman.signed(body))
            await inbox.store(event, at)
            marks.append(aside_of(event, of.id, at, at + timedelta(hours=1)))
        await inbox.set_aside(*marks)

    await story.place.store.unit_of_work(work)
    early = await story.staff.payments.match_webhooks()
    await story.clock.advance(3_600)
    found = await story.staff.payments.match_webhooks()
    again = await story.staff.payments.match_webhooks()
    await story.settles()
    left = await story.staff.payments.list_webhooks(foreign=True, limit=1_000)

    assert (early, found, again) == (0, 1, 0)
    assert (await bought.payment()).state is PaymentState.SUCCEEDED
    assert {each.payment_id for each in left} == {each.payment_id for each in marks} - {payment.id}
    assert {(await inbox.to_look_at(at + timedelta(days=9), 1_000))[n].look_at for n in (0, 598)} == {
        at + timedelta(hours=6)
    }


async def test_a_dead_letter_that_is_replayed_after_months_is_kept_until_it_is_done(story: Story) -> None:
    """Its bank says nothing on that day: the event is there still when it does, and nothing is lost in silence."""
    await story.sell()
    bought = await story.buy()
    await story.settles()
    payment, now, store = await bought.payment(), story.clock.now(), story.place.store
    dispute = Dispute(id="dp_1", state=DisputeState.OPEN, amount=payment.amount)
    told = DisputeNews(reference=str(payment.reference), dispute=dispute)
    await store.inbox.store(GatewayEvent(gateway="bogus", event_id="told", type="news", dispute=told), now)
    payload = {"gateway": "bogus", "event_id": "told", "received_at": now.isoformat()}
    new = NewJob(kind=KIND, payload=payload, unique_key="webhook/bogus/told", max_attempts=MOST_TRIES)
    await store.unit_of_work(partial(store.jobs.enqueue, new))
    (job,) = [one for one in (await story.staff.jobs.list(state=JobState.WAITING)).items if one.kind == KIND]
    await store.queue.change(job.id, lambda held: give_up(held, "down", now))
    await story.passes(91 * 86_400)
    bank = story.place.bank.gateway
    story.with_gateway(Mute(bank))
    await story.staff.jobs.retry(job_id=job.id)
    for _ in range(25):
        await story.passes(3_600)
    tried = await store.queue.get(job.id)
    story.with_gateway(bank)
    await story.passes(2 * 3_600)

    assert (tried.state, str(tried.last_error)[:19]) == (JobState.WAITING, "gateway_unavailable")
    assert (await store.queue.get(job.id)).state is JobState.DONE
    assert [each.id for each in (await bought.payment()).disputes] == ["dp_1"]


async def test_news_that_speaks_of_no_payment_is_taken_and_left(story: Story) -> None:
    """Banks say many things."""
    _, postman, payment = await waiting(story)
    event = story.place.bank.gateway.read_webhook(
        body := postman.letter(payment, PaymentState.FAILED), postman.signed(body)
    )
    mute = msgspec.structs.replace(event, event_id="mute", report=None)
    await story.place.store.inbox.store(mute, story.clock.now())
    process = story.shop._cases.payments.process_webhook
    await process(System(kind="test"), gateway="bogus", event_id="mute")
    with pytest.raises(WebhookForgotten):
        await process(System(kind="test"), gateway="bogus", event_id="none", received_at=LONG_AGO)
    with pytest.raises(Unauthenticated):
        await process(Guest(), gateway="bogus", event_id="mute")
    with pytest.raises(Forbidden):
        await process(Staff(name="reader"), gateway="bogus", event_id="mute")


async def test_what_only_the_payer_may_know_is_not_kept(story: Story) -> None:
    """That they have to act is told by the gateway's answer and by look-ups, and lies sealed; entries lie open."""
    _, postman, payment = await waiting(story)
    step = NextAction(type="redirect", url="https://bank.example/only-for-ann")
    body = postman.letter(payment, PaymentState.REQUIRES_ACTION, next_action=step, client_secret="of_ann_alone")
    await postman.brings(body, postman.signed(body))
    await story.settles()

    kept = await story.place.store.inbox.get("bogus", "event-1")
    assert kept is not None
    assert kept.report is None
    assert (await story.place.store.payments.get(payment.id)).next_action == payment.next_action is not None


async def test_a_webhook_for_an_order_that_was_cancelled_meanwhile(story: Story) -> None:
    """The bank has voided it before; what it says then is no news."""
    bought, postman, payment = await waiting(story)
    await bought.cancel()
    for state in (PaymentState.FAILED, PaymentState.REQUIRES_ACTION):
        body = postman.letter(payment, state)
        await postman.brings(body, postman.signed(body))
    await story.settles()

    assert (await bought.order()).payment_status == "unpaid"
    await assert_nothing_sold(story)


async def test_what_was_done_is_forgotten_after_months_and_what_was_not_is_kept(story: Story) -> None:
    """By the clock. An event that was given up is for a person."""
    _, postman, payment = await waiting(story)
    news = postman.letter(payment, PaymentState.SUCCEEDED)
    unknown = postman.letter(msgspec.structs.replace(payment, id=PaymentId("nobody's")), PaymentState.SUCCEEDED)
    for letter in (news, unknown):
        await postman.brings(letter, postman.signed(letter))
    await story.settles()
    (job,) = (await story.staff.jobs.list(state=JobState.WAITING, limit=100)).items
    queue, now = story.place.store.queue, story.clock.now()
    await queue.change(job.id, lambda held: give_up(held, "a week later", now))
    await story.passes(91 * 86_400)
    await story.settles()

    assert await story.place.store.inbox.get("bogus", "event-1") is None
    assert await story.place.store.inbox.get("bogus", "event-2") is not None
    assert [each.event_id for each in await story.staff.payments.list_webhooks()] == ["event-2"]

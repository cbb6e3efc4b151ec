"""An order's life, in any sequence of acts, refunds and outcomes, keeps to its table and to what was paid."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund, NotPaid, TransitionRefused
from shopcore.ordering.model import (
    TRANSITIONS,
    Act,
    Order,
    OrderStatus,
    PaymentStatus,
    Refund,
    RefundStatus,
    allowed_acts,
    book,
    hold,
    note,
    request_refund,
    settle_refund,
)
from shopcore.testing.contracts.sales_samples import an_order
from shopcore.testing.strategies.ordering import ACTS, BY

pytestmark = pytest.mark.core

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
REFUNDS = tuple(RefundId(f"refund-{number}") for number in range(4))


class OrderMachine(RuleBasedStateMachine):
    """One order of 20.00 USD. Planted bugs replace `acts` or `request_refund`."""

    acts = ACTS
    request_refund = staticmethod(request_refund)

    def __init__(self) -> None:
        super().__init__()
        self.order = an_order("order")
        self.seen = [self.order]
        self.paid = Money.zero("USD")
        self.now = NOON

    @initialize(free=st.booleans())
    def begin(self, free: bool) -> None:
        """Some orders cost nothing, and then nothing can go back."""
        if free:
            zero = Money.zero("USD")
            totals = replace(self.order.totals, discount=self.order.totals.subtotal, total=zero)
            self.moved(replace(self.order, totals=totals))

    def moved(self, order: Order) -> None:
        """Remember where it was."""
        self.now += timedelta(minutes=1)
        self.seen.append(order)
        self.order = order

    @rule(act=st.sampled_from(Act))
    def do(self, act: Act) -> None:
        """Anybody tries anything at any time; money can be let go that is held."""
        if act is Act.RELEASE and self.order.payment_status is not PaymentStatus.AUTHORIZED:
            return
        wanted = TRANSITIONS.get((self.order.status, act))
        try:
            after = self.acts[act](self.order, self.now)
        except TransitionRefused:
            assert wanted is None
            return
        except NotPaid:
            assert not self.is_paid()
            return
        assert after.status is wanted
        if act is Act.PAY:
            self.paid = self.order.totals.total
        self.moved(after)

    @precondition(lambda self: self.order.status is OrderStatus.PENDING)
    @rule()
    def hold_money(self) -> None:
        """It goes on as if it were paid, until it is to be shipped."""
        self.moved(hold(self.order, self.now, BY))

    def is_paid(self) -> bool:
        """Whether its timeline says so."""
        return any(entry.event == "paid" for entry in self.order.timeline)

    @rule(refund_id=st.sampled_from(REFUNDS), amount=st.integers(-100, 2500) | st.just(2000))
    def ask_back(self, refund_id: RefundId, amount: int) -> None:
        """Some of it, all of it, too much, the same again."""
        refund = Refund(
            id=refund_id,
            payment_id=PaymentId("payment"),
            amount=Money(amount, "USD"),
            reason="does not fit",
            requested_at=self.now,
        )
        try:
            self.moved(self.request_refund(self.order, refund, self.paid, BY))
        except NothingToRefund:
            assert amount <= 0 or amount > self.paid.amount - self.promised()

    @rule(refund_id=st.sampled_from(REFUNDS), done=st.booleans())
    def settle(self, refund_id: RefundId, done: bool) -> None:
        """The gateway's word comes late, twice, or of a refund nobody asked for."""
        settled = settle_refund(self.order, refund_id, done=done, at=self.now)
        if settled != self.order:
            gone = Money(sum(one.amount.amount for one in settled.refunds if one.status is RefundStatus.DONE), "USD")
            settled = book(settled, taken=self.paid, gone=gone)
        self.moved(settled)

    def promised(self) -> int:
        """What is on its way back or has arrived."""
        return sum(one.amount.amount for one in self.order.refunds if one.status is not RefundStatus.FAILED)

    def given_back(self) -> int:
        """What has arrived."""
        return sum(one.amount.amount for one in self.order.refunds if one.status is RefundStatus.DONE)

    @invariant()
    def every_step_is_in_the_table(self) -> None:
        """From one status to the next, or none at all."""
        for before, after in zip(self.seen, self.seen[1:], strict=False):
            reachable = {TRANSITIONS[before.status, act] for act in allowed_acts(before.status)}
            assert after.status in {before.status, *reachable}

    @invariant()
    def no_more_goes_back_than_came(self) -> None:
        """Promised or done, all refunds together."""
        assert 0 <= self.given_back() <= self.promised() <= self.paid.amount

    @invariant()
    def the_timeline_only_grows(self) -> None:
        """Nothing that happened is taken back; each change of status or of a refund left a line."""
        for before, after in zip(self.seen, self.seen[1:], strict=False):
            assert after.timeline[: len(before.timeline)] == before.timeline
            changed = (after.status, after.refunds) != (before.status, before.refunds)
            assert len(after.timeline) == len(before.timeline) + changed

    @invariant()
    def the_payment_status_agrees(self) -> None:
        """With what was paid and what went back."""
        if self.given_back():
            expected = (
                PaymentStatus.REFUNDED if self.given_back() == self.paid.amount else PaymentStatus.PARTIALLY_REFUNDED
            )
        else:
            expected = PaymentStatus.PAID if self.is_paid() else PaymentStatus.UNPAID
        is_held = not self.is_paid() and self.order.payment_status is PaymentStatus.AUTHORIZED
        assert is_held or self.order.payment_status is expected


def _cancels_anything(order: Order, at: datetime) -> Order:
    return note(replace(order, status=OrderStatus.CANCELLED), "cancelled", at=at, by=BY)


def _says_nothing(order: Order, at: datetime) -> Order:
    return replace(ACTS[Act.SHIP](order, at), timeline=order.timeline)


def _not_marked_as_paid(order: Order, at: datetime) -> Order:
    return replace(ACTS[Act.PAY](order, at), payment_status=PaymentStatus.UNPAID)


def _forgets_what_is_on_its_way(order: Order, refund: Refund, paid: Money, by: str) -> Order:
    settled = tuple(one for one in order.refunds if one.status is not RefundStatus.REQUESTED)
    asked = request_refund(replace(order, refunds=settled), refund, paid, by)
    return replace(asked, refunds=(*order.refunds, *asked.refunds[len(settled) :]))


# A search ends with the first example that breaks a rule: the most is there so that none is missed by chance.
_SEARCH = settings(
    max_examples=10_000,
    stateful_step_count=15,
    phases=(Phase.generate,),
    database=None,
    deadline=None,
    verbosity=Verbosity.quiet,
)


@pytest.mark.parametrize(
    ("name", "planted", "where"),
    [
        ("acts", {**ACTS, Act.CANCEL: _cancels_anything}, "do"),
        ("acts", {**ACTS, Act.SHIP: _says_nothing}, "the_timeline_only_grows"),
        ("acts", {**ACTS, Act.PAY: _not_marked_as_paid}, "the_payment_status_agrees"),
        ("request_refund", staticmethod(_forgets_what_is_on_its_way), "no_more_goes_back_than_came"),
    ],
    ids=["cancelled after shipping", "shipped in silence", "paid for nothing", "refunded twice"],
)
def test_the_machine_finds_planted_bugs(name: str, planted: Callable[..., Order], where: str) -> None:
    """Each by the rule that it breaks."""
    machine = type("PlantedMachine", (OrderMachine,), {name: planted})

    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=_SEARCH)
    assert any(entry.name == where for entry in found.traceback)


TestOrder = OrderMachine.TestCase
TestOrder.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)

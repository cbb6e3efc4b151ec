"""A payment hears the gateway out of order, twice and late, and still ends where the money is."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from shopcore.kernel.money import Money
from shopcore.payments.errors import PaymentNotRetryable, PaymentUnderWay
from shopcore.payments.model import (
    Payment,
    PaymentState,
    Report,
    gateway_key,
    last_word,
    record,
    still_open,
    taken,
    try_again,
)
from shopcore.testing.contracts.sales_samples import a_payment

pytestmark = pytest.mark.core

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_WAYS = {
    PaymentState.REQUIRES_PAYMENT: (PaymentState.REQUIRES_ACTION, PaymentState.PROCESSING, PaymentState.FAILED),
    PaymentState.REQUIRES_ACTION: (PaymentState.PROCESSING, PaymentState.SUCCEEDED, PaymentState.VOIDED),
    PaymentState.PROCESSING: (PaymentState.AUTHORIZED, PaymentState.SUCCEEDED, PaymentState.FAILED),
    PaymentState.FAILED: (PaymentState.PROCESSING, PaymentState.SUCCEEDED),
    PaymentState.AUTHORIZED: (PaymentState.SUCCEEDED, PaymentState.VOIDED),
    PaymentState.SUCCEEDED: (),
    PaymentState.VOIDED: (),
}
"""How one attempt goes at the gateway. What failed goes on when its customer does, at a page that is still open."""
_OVER = {PaymentState.FAILED, PaymentState.VOIDED}
_STOPS = {PaymentState.REQUIRES_PAYMENT, PaymentState.REQUIRES_ACTION, PaymentState.AUTHORIZED}
_LIVE = set(PaymentState) - {PaymentState.VOIDED}
_TAKEN = {PaymentState.AUTHORIZED, PaymentState.SUCCEEDED}


class PaymentMachine(RuleBasedStateMachine):
    """The shop's payment beside the gateway's own attempts. Planted bugs replace `record` or `try_again`."""

    record = staticmethod(record)
    try_again = staticmethod(try_again)

    def __init__(self) -> None:
        super().__init__()
        self.payment = a_payment("payment")
        self.now = NOON
        self.at_gateway = {1: PaymentState.REQUIRES_PAYMENT}
        self.closed: set[int] = set()
        self.has_lied = False
        self.said: list[Report] = []
        self.heard: list[Report] = []
        self.history = [self.payment]

    def moved(self, payment: Payment) -> None:
        """Remember where it was."""
        self.now += timedelta(minutes=1)
        self.history.append(payment)
        self.payment = payment

    @rule(choice=st.integers(0, 2), attempt=st.integers(1, 3))
    def gateway_moves(self, choice: int, attempt: int) -> None:
        """An attempt goes on at the gateway, which will say so some time."""
        state = self.at_gateway.get(attempt)
        if state is None or attempt in self.closed or not _WAYS[state]:
            return
        self.at_gateway[attempt] = _WAYS[state][choice % len(_WAYS[state])]
        self.said.append(self.report(attempt, self.payment.amount))

    @rule(attempt=st.integers(1, 3))
    def gateway_breaks_its_word(self, attempt: int) -> None:
        """What it had said takes nothing any more takes the money, and it says so."""
        state = self.at_gateway.get(attempt)
        if state is PaymentState.VOIDED or (state is PaymentState.FAILED and attempt in self.closed):
            self.at_gateway[attempt] = PaymentState.SUCCEEDED
            self.has_lied = True
            self.heard.append(self.report(attempt, self.payment.amount))
            self.moved(self.record(self.payment, self.heard[-1], self.now))

    @rule(attempt=st.integers(1, 3), is_lost=st.booleans())
    def gateway_is_asked_to_stop(self, attempt: int, *, is_lost: bool) -> None:
        """What waits, or is held, ends; what failed is closed. The answer may be lost, and come late or never."""
        state = self.at_gateway.get(attempt)
        if state is None:
            return
        if state in _STOPS:
            self.at_gateway[attempt] = PaymentState.VOIDED
        if state is PaymentState.FAILED:
            self.closed.add(attempt)
        answer = last_word(self.report(attempt, self.payment.amount))
        self.said.append(answer)
        if not is_lost:
            self.heard.append(answer)
            self.moved(self.record(self.payment, answer, self.now))

    def may_take_money(self) -> set[int]:
        """Attempts that can, or have, at the gateway."""
        return {number for number, state in self.at_gateway.items() if number not in self.closed and state in _LIVE}

    def report(self, attempt: int, amount: Money) -> Report:
        """What the gateway would say of an attempt now."""
        state = self.at_gateway[attempt]
        return Report(
            payment_id=self.payment.id, attempt=attempt, state=state, amount=amount, reference=f"ref-{attempt}"
        )

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def hear(self, data: st.DataObject) -> None:
        """Any of what was said arrives: in order or not, for the first time or again."""
        report = data.draw(st.sampled_from(self.said))
        self.heard.append(report)
        self.moved(self.record(self.payment, report, self.now))

    @rule(attempt=st.integers(1, 3))
    def hear_of_another_amount(self, attempt: int) -> None:
        """A cent less that was taken is what was taken; that is only held, it is not what was asked for."""
        state = self.at_gateway.get(attempt)
        if state not in _TAKEN:
            return
        before, other = self.payment, self.report(attempt, self.payment.amount - Money(1, "USD"))
        self.moved(self.record(before, other, self.now))
        if state is PaymentState.AUTHORIZED:
            assert self.payment == before
            return
        self.heard.append(other)
        if before.state is not PaymentState.SUCCEEDED:
            assert taken(self.payment) == other.amount
        charges = {charge.number: charge.amount for charge in self.payment.charges}
        assert attempt in {charge.number for charge in before.charges} or charges.get(attempt) == other.amount

    @rule()
    def try_another_way(self) -> None:
        """The buyer tries again, which is allowed only once the last attempt is known to have failed, or is void, and
        none can take money any more.
        """
        try:
            again = self.try_again(self.payment, ["bogus"], "card", None, self.now)
        except PaymentNotRetryable:
            assert self.payment.state not in _OVER
            return
        except PaymentUnderWay:
            assert still_open(self.payment)
            return
        self.at_gateway[again.attempt] = PaymentState.REQUIRES_PAYMENT
        self.moved(again)

    @invariant()
    def the_state_only_moves_up(self) -> None:
        """Within an attempt; a new attempt begins again, and only after a failure or a stop."""
        for before, after in zip(self.history, self.history[1:], strict=False):
            if after.attempt == before.attempt:
                assert _rank(after.state) >= _rank(before.state)
            else:
                assert before.state in _OVER
                assert after.attempt == before.attempt + 1

    @invariant()
    def money_taken_is_never_forgotten(self) -> None:
        """Whatever was heard before or afterwards, of whichever attempt. What the present one holds may be let go."""
        for report in self.heard:
            if report.state is PaymentState.SUCCEEDED or (
                report.state is PaymentState.AUTHORIZED and report.attempt == self.payment.attempt
            ):
                assert _rank(self.payment.state) >= _rank(report.state)

    @invariant()
    def whatever_may_take_money_is_known_to(self) -> None:
        """So that it is stopped before its order ends. What has taken it is known once that was heard."""
        moving = {number for number in self.may_take_money() if _WAYS[self.at_gateway[number]]}
        assert moving <= set(still_open(self.payment))

    @invariant()
    def one_attempt_at_a_time_may_take_money(self) -> None:
        """As long as the gateway keeps its word."""
        assert self.has_lied or len(self.may_take_money()) <= 1

    @invariant()
    def nothing_is_paid_that_was_not_taken(self) -> None:
        """Only the gateway can say so."""
        if self.payment.state in _TAKEN:
            assert any(report.state in _TAKEN for report in self.heard)

    @invariant()
    def every_attempt_has_its_own_key(self) -> None:
        """So that the gateway takes money once for each, and the shop knows which."""
        keys = {gateway_key(one.id, one.attempt) for one in self.history}
        assert len(keys) == self.payment.attempt == len(self.at_gateway)


def _rank(state: PaymentState) -> int:
    return (
        PaymentState.REQUIRES_PAYMENT,
        PaymentState.REQUIRES_ACTION,
        PaymentState.PROCESSING,
        PaymentState.FAILED,
        PaymentState.AUTHORIZED,
        PaymentState.VOIDED,
        PaymentState.SUCCEEDED,
    ).index(state)


def _believes_the_last(payment: Payment, report: Report, at: datetime) -> Payment:
    if report.attempt != payment.attempt or report.amount != payment.amount:
        return record(payment, report, at)
    return replace(payment, state=report.state)


def _hears_the_current_attempt_only(payment: Payment, report: Report, at: datetime) -> Payment:
    return record(payment, report, at) if report.attempt == payment.attempt else payment


def _does_not_count(payment: Payment, report: Report, at: datetime) -> Payment:
    return record(payment, replace(report, amount=payment.amount), at)


def _impatient(
    payment: Payment, gateways: Sequence[str], method: str | None, return_url: str | None, at: datetime
) -> Payment:
    return try_again(_all_closed(replace(payment, state=PaymentState.FAILED)), gateways, method, return_url, at)


def _leaves_pages_open(
    payment: Payment, gateways: Sequence[str], method: str | None, return_url: str | None, at: datetime
) -> Payment:
    return try_again(_all_closed(payment), gateways, method, return_url, at)


def _all_closed(payment: Payment) -> Payment:
    return replace(payment, closed=tuple(range(1, payment.attempt + 1)))


def _trusts_a_failure(payment: Payment, report: Report, at: datetime) -> Payment:
    return record(payment, last_word(report), at)


_SAFE = ("whatever_may_take_money_is_known_to", "one_attempt_at_a_time_may_take_money")
_HEARS = "hear_of_another_amount"
_SEARCH = settings(
    max_examples=2_000,
    stateful_step_count=20,
    phases=(Phase.generate,),
    database=None,
    deadline=None,
    verbosity=Verbosity.quiet,
)


@pytest.mark.parametrize(
    ("name", "planted", "where"),
    [
        ("record", _believes_the_last, ("the_state_only_moves_up", "money_taken_is_never_forgotten", _HEARS)),
        ("record", _hears_the_current_attempt_only, ("money_taken_is_never_forgotten", _HEARS)),
        ("record", _does_not_count, (_HEARS,)),
        ("try_again", _impatient, ("the_state_only_moves_up", "money_taken_is_never_forgotten", *_SAFE)),
        ("try_again", _leaves_pages_open, _SAFE),
        ("record", _trusts_a_failure, _SAFE),
    ],
    ids=["the last word", "deaf to old attempts", "any amount", "two at once", "pages left open", "failed for good"],
)
def test_the_machine_finds_planted_bugs(name: str, planted: Callable[..., Payment], where: tuple[str, ...]) -> None:
    """Each by a rule that it breaks."""
    machine = type("PlantedMachine", (PaymentMachine,), {name: staticmethod(planted)})

    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=_SEARCH)
    assert any(entry.name in where for entry in found.traceback)


TestPayment = PaymentMachine.TestCase
TestPayment.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
